# aim: a pattern that is no text, compared with those of the cache
# kind: escape
# source: own
import re
seen = []
class Lie:
    def __hash__(self):
        seen.append('BROKEN')
        return 0
try:
    re.compile(Lie())
except TypeError:
    return seen[0] if seen else None
