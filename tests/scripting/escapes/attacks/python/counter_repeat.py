# aim: memory, by the elements of a counter
# kind: exhaust
# source: own
# ends: memory
# limits: cpu_ms=10000
import collections
return len(list(collections.Counter({'a': 10 ** 10}).elements()))
