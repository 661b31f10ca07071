# aim: a class that extends type
# kind: escape
# source: pyjail classic
class M(type):
    def __getitem__(cls, key): return 'BROKEN'
class A(metaclass=M): pass
return A[0]
