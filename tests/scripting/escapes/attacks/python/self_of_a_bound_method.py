# aim: the object behind a method of the API
# kind: escape
# source: own
return 'BROKEN' if log.__self__ else None
