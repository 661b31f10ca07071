# aim: an inner parameter by keyword
# kind: escape
# source: own
def f(**kwargs): return 'BROKEN' if kwargs else None
return f(_getattr_=1)
