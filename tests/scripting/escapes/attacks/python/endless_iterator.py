# aim: time, within C, by an iterator without end
# kind: exhaust
# source: own
# ends: cpu
import itertools
return sum(itertools.repeat(1))
