# aim: the type of a value
# kind: escape
# source: pyjail classic
return 'BROKEN' if type(1) else None
