# aim: the stack of C, by iterators within iterators
# kind: exhaust
# source: own
# ends: crash|threw|memory|returned
# limits: cpu_ms=10000
import itertools
x = iter([])
for n in range(300000):
    x = itertools.chain(x)
return list(x)
