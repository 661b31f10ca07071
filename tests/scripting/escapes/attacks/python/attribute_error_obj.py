# aim: the object on which a lookup failed
# kind: escape
# source: RestrictedPython 8.0 (AttributeError.obj), 2024
try:
    log.nothing
except AttributeError as e:
    return 'BROKEN' if e.obj else None
