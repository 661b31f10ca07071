# aim: time, by keys that collide
# kind: exhaust
# source: CVE-2012-1150 (hash flooding)
# ends: cpu|returned
class K:
    def __hash__(self): return 1
    def __eq__(self, other): return False
return len({K(): n for n in range(10000)})
