# aim: the guard, called from C
# kind: escape
# source: own
return 'BROKEN' if list(map(getattr, [''], ['__class__'])) else None
