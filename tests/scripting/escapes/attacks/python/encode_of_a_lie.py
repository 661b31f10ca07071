# aim: another object's encode
# kind: escape
# source: own
class Lie:
    def encode(self, *args): return 'BROKEN'
return str.encode(Lie()) if False else Lie().encode() if hasattr(str, '__dict__') else None
