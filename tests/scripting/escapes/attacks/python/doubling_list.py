# aim: memory, by doubling a list
# kind: exhaust
# source: own
# ends: memory
# limits: cpu_ms=10000
x = [0]
while True:
    x += x
