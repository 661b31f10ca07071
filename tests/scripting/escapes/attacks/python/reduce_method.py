# aim: what pickle would call
# kind: escape
# source: own
class A:
    def __reduce__(self): return (str, ('BROKEN',))
return A().__reduce__()[1][0]
