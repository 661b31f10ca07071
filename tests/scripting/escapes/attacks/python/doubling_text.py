# aim: memory, by doubling
# kind: exhaust
# source: own (billion laughs)
# ends: memory
# limits: cpu_ms=10000
x = 'x' * 1000
while True:
    x = x + x
