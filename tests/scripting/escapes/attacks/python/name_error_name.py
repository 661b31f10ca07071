# aim: the extra attributes of a NameError
# kind: leak
# source: own
try:
    nothing
except NameError as e:
    return 'BROKEN' if e.name else None
