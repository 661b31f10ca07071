# aim: memory, at once
# kind: exhaust
# source: own
# ends: memory
# limits: cpu_ms=10000
return len(list(range(10 ** 10)))
