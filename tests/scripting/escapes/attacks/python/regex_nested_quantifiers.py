# aim: time, by a pattern
# kind: exhaust
# source: CWE-1333 (ReDoS)
# ends: cpu
import re
return bool(re.search('(x+x+)+y', 'x' * 80))
