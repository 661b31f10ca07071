# aim: text that changes its mind between check and use
# kind: escape
# source: own
class S(str):
    def startswith(self, *a): return False
return 'BROKEN' if getattr('', S('__class__')) else None
