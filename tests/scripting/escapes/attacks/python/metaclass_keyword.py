# aim: a metaclass of the script's choice
# kind: escape
# source: own
def meta(name, bases, members):
    return 'BROKEN'
class A(metaclass=meta): pass
return A
