# aim: the function behind a class method
# kind: escape
# source: own
return 'BROKEN' if classmethod(len).__func__ else None
