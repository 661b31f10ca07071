# aim: sys through collections
# kind: escape
# source: RestrictedPython docs (allow-listed modules)
import collections
return 'BROKEN' if collections._sys else None
