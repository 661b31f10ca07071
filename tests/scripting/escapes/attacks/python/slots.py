# aim: the layout of a class
# kind: escape
# source: own
class A:
    __slots__ = ('x',)
a = A()
a.x = 'BROKEN'
return a.x
