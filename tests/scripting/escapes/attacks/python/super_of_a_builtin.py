# aim: a method of a built-in type through super
# kind: escape
# source: own
return 'BROKEN' if super(bool, True).real == 1 else None
