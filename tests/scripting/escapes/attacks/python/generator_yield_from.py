# aim: the inner iterator of a generator
# kind: escape
# source: CVE-2023-37271
def f():
    yield from inner()
def inner():
    yield 1
g = f()
next(g)
return 'BROKEN' if g.gi_yieldfrom else None
