# aim: code compiled from field names
# kind: escape
# source: pyjail (namedtuple)
import collections
return 'BROKEN' if collections.namedtuple('A', 'x y') else None
