# aim: another class for an object
# kind: tamper
# source: own
class A:
    pass
class B:
    mark = 'BROKEN'
a = A()
setattr(a, '__class__', B)
return a.mark
