# aim: the guard of super(), fed with another object
# kind: escape
# source: own
class A:
    def __init__(self): self.got = super().__init__('x')
def super():
    return log
a = A()
return 'BROKEN'
