# aim: the fields of a ScriptException
# kind: leak
# source: own
return 'BROKEN' if ScriptException('a', 'b')._code else None
