# aim: the host's memory, by the result
# kind: exhaust
# source: own
# ends: result
# limits: result_bytes=100000 cpu_ms=10000
return ['x' * 1000 for n in range(20000)]
