# aim: attributes of StopIteration beyond its value
# kind: escape
# source: own
try:
    next(iter([]))
except StopIteration as e:
    return 'BROKEN' if e.__traceback__ else None
