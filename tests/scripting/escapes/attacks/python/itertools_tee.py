# aim: iterators that copy themselves
# kind: escape
# source: own
import itertools
a, b = itertools.tee([1])
return 'BROKEN' if a.__copy__() else None
