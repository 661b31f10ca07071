# aim: the code object of a function, to replace it
# kind: escape
# source: pyjail classic
def f():
    return 1
f.__code__ = (lambda: 'BROKEN').__code__
return f()
