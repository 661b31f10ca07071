# aim: code when a class is extended
# kind: escape
# source: own
class A:
    def __init_subclass__(cls): cls.mark = 'BROKEN'
class B(A): pass
return B.mark
