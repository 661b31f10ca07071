# aim: an unbound super as a descriptor
# kind: escape
# source: own
class A: pass
class B(A):
    s = super(A)
return 'BROKEN' if B().s.__thisclass__ else None
