# aim: sys through re and enum
# kind: escape
# source: RestrictedPython docs (allow-listed modules)
import re
return 'BROKEN' if re.enum.sys else None
