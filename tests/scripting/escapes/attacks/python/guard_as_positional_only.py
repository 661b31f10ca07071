# aim: a guard, shadowed by a positional-only parameter
# kind: escape
# source: RestrictedPython 9.0 (positional-only parameters), 2026
def f(_getattr_, /):
    return 'BROKEN'
return f(1)
