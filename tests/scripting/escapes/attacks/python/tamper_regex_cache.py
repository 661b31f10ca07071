# aim: another pattern under a known text
# kind: tamper
# source: own
import re
if params['turn'] == 1:
    for key in list(re._cache):
        re._cache[key] = None
    re.compile('a')
    for key in list(re._cache):
        re._cache[key] = re.compile('b')
    return None
return 'BROKEN' if re.match('a', 'a') is None else None
