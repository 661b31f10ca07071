# aim: the variables of the next run
# kind: tamper
# source: own
import json
if params['turn'] == 1:
    json.kept = params
    return None
return 'BROKEN' if json.kept['turn'] == 1 else None
