# aim: os through random
# kind: escape
# source: RestrictedPython docs (allow-listed modules)
import random
return 'BROKEN' if random._os else None
