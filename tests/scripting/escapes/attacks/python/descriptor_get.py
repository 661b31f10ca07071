# aim: a descriptor of the script's own
# kind: escape
# source: own
class D:
    def __get__(self, instance, owner): return 'BROKEN'
class A:
    d = D()
return A().d
