# aim: the undocumented scanner
# kind: escape
# source: own
import re
return 'BROKEN' if re.Scanner or re.compile('a').scanner('a') else None
