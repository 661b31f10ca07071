# aim: the frame of a generator
# kind: escape
# source: CVE-2023-37271
def f():
    yield g.gi_frame
g = f()
return 'BROKEN' if next(g).f_globals else None
