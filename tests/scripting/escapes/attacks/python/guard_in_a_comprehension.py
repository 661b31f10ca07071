# aim: a guard, bound by a comprehension
# kind: escape
# source: own
return ['BROKEN' for _getiter_ in [1]][0]
