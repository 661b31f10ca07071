# aim: object, and its methods
# kind: escape
# source: pyjail classic
return 'BROKEN' if object() else None
