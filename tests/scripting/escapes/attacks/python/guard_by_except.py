# aim: a guard, bound by except as
# kind: escape
# source: own
try:
    1 / 0
except Exception as _getattr_:
    return 'BROKEN'
