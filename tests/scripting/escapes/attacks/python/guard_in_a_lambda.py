# aim: a guard, shadowed by the parameter of a lambda
# kind: escape
# source: own, after RestrictedPython 9.0
return (lambda _getattr_, /: 'BROKEN')(1)
