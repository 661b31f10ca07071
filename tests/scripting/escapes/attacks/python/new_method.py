# aim: another object than the class makes
# kind: escape
# source: own
class A:
    def __new__(cls): return 'BROKEN'
return A()
