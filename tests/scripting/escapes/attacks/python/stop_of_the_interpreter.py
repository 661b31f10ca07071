# aim: exit by name
# kind: escape
# source: own
return 'BROKEN' if exit and quit else None
