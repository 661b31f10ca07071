# aim: a guard, shadowed by *args and **kwargs
# kind: escape
# source: own, after RestrictedPython 9.0
def f(*_write_, **_getattr_):
    return 'BROKEN'
return f()
