# aim: the defaults of a function
# kind: escape
# source: own
def f(x=1):
    return x
f.__defaults__ = ('BROKEN',)
return f()
