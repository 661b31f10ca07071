# aim: output of the process by a flag
# kind: escape
# source: own
import re
return 'BROKEN' if re.compile('a', re.DEBUG) else None
