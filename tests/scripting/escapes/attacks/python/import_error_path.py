# aim: the path of a module that failed to load
# kind: leak
# source: own
try:
    from json import nothing
except ImportError as e:
    return 'BROKEN' if e.path else None
