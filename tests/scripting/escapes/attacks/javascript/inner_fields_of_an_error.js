// aim: the fields of a ScriptException
// kind: leak
// source: own
return Reflect.ownKeys(new ScriptException('a', 'b')).includes('_code') ? 'BROKEN' : null;
