# aim: memory, by random bits
# kind: exhaust
# source: own
# ends: memory|threw|cpu
# limits: cpu_ms=10000
import random
return random.getrandbits(10 ** 11) > 0
