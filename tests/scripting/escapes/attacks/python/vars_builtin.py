# aim: the attributes of an object
# kind: escape
# source: pyjail classic
return 'BROKEN' if vars(log.__self__.__class__) else None
