# aim: other base classes than the source says
# kind: escape
# source: own
class Base:
    def __mro_entries__(self, bases): return (ValueError,)
class A(Base()): pass
return 'BROKEN' if issubclass(A, ValueError) else None
