# aim: an indent that is no text
# kind: escape
# source: own
import json
class Lie:
    def __rmul__(self, other): return 'BROKEN'
return json.dumps([1], indent=Lie())
