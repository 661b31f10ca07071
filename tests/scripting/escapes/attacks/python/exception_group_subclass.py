# aim: split and derive of an exception group
# kind: escape
# source: CVE-2025-22153
class G(ExceptionGroup):
    def derive(self, excs): return G('BROKEN', excs)
return str(G('a', [ValueError()]).split(ValueError)[0])
