# aim: the names of an object's attributes
# kind: leak
# source: pyjail classic
return 'BROKEN' if dir(log) else None
