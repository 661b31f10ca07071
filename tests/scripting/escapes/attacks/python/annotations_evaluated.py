# aim: code in annotations
# kind: escape
# source: own
seen = []
def f(x: seen.append('BROKEN')) -> seen.append(1): pass
return seen[0]
