# aim: memory, by the width of %
# kind: exhaust
# source: own
# ends: memory|threw
# limits: cpu_ms=10000
return len('%10000000000d' % 1)
