# aim: the object that a codec failed on
# kind: escape
# source: own
try:
    '\u00e9'.encode('ascii')
except UnicodeError as e:
    return 'BROKEN' if e.object else None
