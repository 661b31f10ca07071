# aim: an encoder of the script's own
# kind: escape
# source: own
import json
return 'BROKEN' if json.dumps(1, cls=json.JSONEncoder) else None
