# aim: memory, by the width of a format
# kind: exhaust
# source: own
# ends: memory|threw
# limits: cpu_ms=10000
return len(f'{1:>10000000000}') + len('{0:10000000000}'.format(1))
