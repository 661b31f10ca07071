# aim: a guard, deleted
# kind: escape
# source: own
_getattr_ = 1
del _getattr_
return 'BROKEN'
