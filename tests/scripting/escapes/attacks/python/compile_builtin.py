# aim: compile
# kind: escape
# source: pyjail classic
return 'BROKEN' if compile('1', 'x', 'eval') else None
