# aim: a forbidden name where a default waits
# kind: escape
# source: own
value = getattr('', '__class__', None)
return 'BROKEN' if value else None
