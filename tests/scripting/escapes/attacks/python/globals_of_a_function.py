# aim: the real builtins through the globals of a function
# kind: escape
# source: pyjail classic
return 'BROKEN' if (lambda: 0).__globals__['__builtins__'] else None
