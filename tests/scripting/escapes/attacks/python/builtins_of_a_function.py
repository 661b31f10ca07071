# aim: the builtins mapping that a function carries since 3.10
# kind: escape
# source: pyjail, Python 3.10
return 'BROKEN' if (lambda: 0).__builtins__ else None
