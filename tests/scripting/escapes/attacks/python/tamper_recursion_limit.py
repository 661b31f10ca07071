# aim: the depth that the next run may use
# kind: tamper
# source: own
import sys as real
if params['turn'] == 1:
    real.setrecursionlimit(150)
    return None
return 'BROKEN' if real.getrecursionlimit() == 150 else None
