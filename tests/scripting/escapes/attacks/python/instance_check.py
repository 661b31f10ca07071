# aim: code in isinstance
# kind: escape
# source: own
class M:
    def __instancecheck__(self, other): return True
return 'BROKEN' if isinstance(1, M()) else None
