# aim: a dict of the script's own
# kind: escape
# source: own
class D(dict):
    def __missing__(self, key): return 'BROKEN'
return D()['x']
