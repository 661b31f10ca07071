# aim: sys through datetime
# kind: escape
# source: RestrictedPython docs (allow-listed modules)
import datetime
return 'BROKEN' if datetime.sys else None
