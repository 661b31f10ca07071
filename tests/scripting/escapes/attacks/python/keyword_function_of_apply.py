# aim: the guard of calls, confused by its own parameter's name
# kind: escape
# source: own
def f(**kwargs): return kwargs['function']
return 'BROKEN' if f(*[], **{'function': 1, '_x': 2}) else None
