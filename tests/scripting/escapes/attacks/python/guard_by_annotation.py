# aim: a guard, bound by an annotated assignment
# kind: escape
# source: own
_getattr_: int = 1
return 'BROKEN'
