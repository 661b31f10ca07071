# aim: a function of a module
# kind: tamper
# source: own
import json
if params['turn'] == 1:
    json.dumps = lambda value: 'BROKEN'
    return None
return json.dumps(1)
