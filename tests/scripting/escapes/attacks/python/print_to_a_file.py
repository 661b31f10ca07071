# aim: print's file argument
# kind: escape
# source: own
class File:
    def write(self, text): got.append(text)
got = []
print('BROKEN', file=File())
return got[0]
