# aim: a constant of a module
# kind: tamper
# source: own
import math
if params['turn'] == 1:
    math.tau = 'BROKEN'
    return None
return str(math.tau)
