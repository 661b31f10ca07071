# aim: sys through statistics
# kind: escape
# source: RestrictedPython docs (allow-listed modules)
import statistics
return 'BROKEN' if statistics.sys.modules else None
