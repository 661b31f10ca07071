# aim: a guard, bound by starred unpacking
# kind: escape
# source: own
a, *(_getattr_, b) = 1, 2, 3
return 'BROKEN'
