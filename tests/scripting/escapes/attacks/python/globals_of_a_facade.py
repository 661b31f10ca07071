# aim: a real module through the globals of a function of a facade
# kind: escape
# source: own
import json
return 'BROKEN' if json.dumps.__globals__ else None
