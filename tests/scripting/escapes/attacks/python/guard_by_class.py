# aim: a guard, bound by a class
# kind: escape
# source: own
class _write_: pass
return 'BROKEN'
