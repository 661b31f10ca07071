# aim: a forbidden name put together at run time
# kind: escape
# source: pyjail classic
return 'BROKEN' if getattr('', ''.join(['_', '_', 'class', '_', '_'])) else None
