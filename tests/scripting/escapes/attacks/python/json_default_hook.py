# aim: a hook of json.dumps
# kind: escape
# source: own
import json
return json.dumps(log, default=lambda value: 'BROKEN')
