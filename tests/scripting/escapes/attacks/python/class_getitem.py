# aim: a class as a container
# kind: escape
# source: pyjail (decorators and __class_getitem__)
class A:
    def __class_getitem__(cls, key): return 'BROKEN'
return A[0]
