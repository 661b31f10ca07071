# aim: the guard, bound as a method of a class
# kind: escape
# source: own
class A:
    look = getattr
return 'BROKEN' if getattr(A(), '__class__') else None
