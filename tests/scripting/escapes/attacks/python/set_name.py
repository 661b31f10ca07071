# aim: code when a class body ends
# kind: escape
# source: own
class D:
    def __set_name__(self, owner, name): owner.mark = 'BROKEN'
class A:
    d = D()
return A.mark
