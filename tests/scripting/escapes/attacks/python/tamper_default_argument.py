# aim: a default of the API that all runs share
# kind: tamper
# source: own
def keep(values=[]):
    values.append(1)
    return values
import functools
if params['turn'] == 1:
    functools.left = keep
    keep()
    return None
return 'BROKEN' if len(functools.left()) == 2 else None
