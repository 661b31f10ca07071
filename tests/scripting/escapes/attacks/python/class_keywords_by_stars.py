# aim: class keywords from a mapping
# kind: escape
# source: own
class A(**{'metaclass': lambda n, b, m: 'BROKEN'}): pass
return A
