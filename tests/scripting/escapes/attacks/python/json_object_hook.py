# aim: a hook of json.loads
# kind: escape
# source: own
import json
return json.loads('{}', object_hook=lambda value: 'BROKEN')
