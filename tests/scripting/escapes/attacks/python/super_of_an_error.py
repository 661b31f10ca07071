# aim: the inside of an error through super()
# kind: escape
# source: own
class E(AttributeError):
    def f(self): return super().with_traceback
return 'BROKEN' if E().f() else None
