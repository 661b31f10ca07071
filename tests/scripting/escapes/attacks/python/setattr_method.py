# aim: code in the middle of every write
# kind: escape
# source: own
got = []
class A:
    def __setattr__(self, name, value): got.append('BROKEN')
A().x = 1
return got[0]
