# aim: code in the middle of every lookup
# kind: escape
# source: own
class A:
    def __getattr__(self, name): return 'BROKEN'
return A().anything
