# aim: another pattern under a known text
# kind: tamper
# source: own
import re
if params['turn'] == 1:
    # From Python 3.12 on a second cache is asked before the first.
    asked = getattr(re, '_cache2', re._cache)
    other = re.compile('b')
    re.compile('a')
    for key in list(asked):
        asked[key] = other
    return None
return 'BROKEN' if re.match('a', 'a') is None else None
