# aim: time, by a pattern
# kind: exhaust
# source: CWE-1333 (ReDoS)
# ends: cpu
import re
return bool(re.match('(a+)+$', 'a' * 60 + 'b'))
