# aim: code in format
# kind: escape
# source: own
class A:
    def __format__(self, spec): return 'BROKEN'
return f'{A():x}'
