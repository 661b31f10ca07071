# aim: a guard, bound by with as
# kind: escape
# source: own
import contextlib
with contextlib.nullcontext() as _getattr_:
    return 'BROKEN'
