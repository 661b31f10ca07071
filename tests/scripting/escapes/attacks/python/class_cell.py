# aim: the cell that zero-argument super uses
# kind: escape
# source: own
class A:
    def f(self): return __class__
return 'BROKEN' if A().f() else None
