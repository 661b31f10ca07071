# aim: the builtins module through __self__
# kind: escape
# source: pyjail (print.__self__)
return 'BROKEN' if len.__self__ else None
