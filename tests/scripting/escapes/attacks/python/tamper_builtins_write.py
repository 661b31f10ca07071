# aim: a built-in function of the next run
# kind: tamper
# source: own
import builtins
if params['turn'] == 1:
    builtins.tampered = 'BROKEN'
    return None
return tampered
