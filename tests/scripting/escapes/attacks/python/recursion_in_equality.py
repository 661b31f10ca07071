# aim: the stack, by the comparison of nested values
# kind: exhaust
# source: own
# ends: threw|crash|memory|cpu
# limits: cpu_ms=10000
x, y = [], []
for n in range(100000):
    x, y = [x], [y]
return x == y
