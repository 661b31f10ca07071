# aim: the function behind a property
# kind: escape
# source: own
return 'BROKEN' if property(len).fget else None
