# aim: a pattern of the cache, changed through the mapping behind groupindex
# kind: tamper
# source: own, found by this corpus (mappingproxy == and |)
import re
class Thief:
    def __eq__(self, other):
        other['a'] = 2
        return True
    def __ror__(self, other):
        other['a'] = 2
        return other
pattern = re.compile('(?P<a>x)(y)')
if params['turn'] == 1:
    pattern.groupindex == Thief()
    pattern.groupindex | Thief()
    return None
return 'BROKEN' if pattern.match('xy').group('a') == 'y' else None
