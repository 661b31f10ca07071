# aim: a special method that is a lambda
# kind: escape
# source: own
class A:
    __getattr__ = lambda self, name: 'BROKEN'
return A().x
