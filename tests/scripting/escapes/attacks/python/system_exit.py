# aim: the end of the process as an error
# kind: escape
# source: own
try:
    raise SystemExit
except SystemExit:
    return 'BROKEN'
