# aim: memory, by generators
# kind: exhaust
# source: own
# ends: memory
# limits: cpu_ms=10000
def f():
    yield 1
held = []
while True:
    g = f()
    next(g)
    held.append(g)
