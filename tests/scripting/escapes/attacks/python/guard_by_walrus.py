# aim: a guard, bound by :=
# kind: escape
# source: own
return 'BROKEN' if (_getattr_ := 1) else None
