# aim: a guard, declared global
# kind: escape
# source: own
def f():
    global _getattr_
    _getattr_ = lambda o, n: o
f()
return 'BROKEN'
