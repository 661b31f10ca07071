# aim: the class of all errors with a code
# kind: tamper
# source: own
if params['turn'] == 1:
    ScriptException.code = lambda self: 'BROKEN'
    return None
return ScriptException('x').code()
