# aim: raw memory of a value
# kind: escape
# source: own
return 'BROKEN' if memoryview(b'a') else None
