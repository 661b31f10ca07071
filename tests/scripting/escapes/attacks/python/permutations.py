# aim: time, by permutations
# kind: exhaust
# source: own
# ends: cpu
import itertools
for p in itertools.permutations(range(100)):
    pass
