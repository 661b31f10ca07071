# aim: a name that the next run sees
# kind: tamper
# source: own
import string as place
if params['turn'] == 1:
    place.left = 'BROKEN'
    return None
return place.left
