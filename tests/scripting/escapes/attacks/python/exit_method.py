# aim: a context manager that swallows errors
# kind: escape
# source: own
class A:
    def __enter__(self): return self
    def __exit__(self, *error): return True
with A():
    1 / 0
return 'BROKEN'
