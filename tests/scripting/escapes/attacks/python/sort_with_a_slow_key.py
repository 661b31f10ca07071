# aim: time, within a sort
# kind: exhaust
# source: own
# ends: cpu
def key(value):
    return sum(range(10 ** 9))
return sorted(range(100), key=key)
