# aim: a guard, declared nonlocal
# kind: escape
# source: own
def f():
    _write_ = 0
    def g():
        nonlocal _write_
        _write_ = 'BROKEN'
    g()
    return _write_
return f()
