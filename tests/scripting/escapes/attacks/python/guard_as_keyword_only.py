# aim: a guard, shadowed by a keyword-only parameter
# kind: escape
# source: own, after RestrictedPython 9.0
def f(*, _getattr_=None):
    return 'BROKEN'
return f()
