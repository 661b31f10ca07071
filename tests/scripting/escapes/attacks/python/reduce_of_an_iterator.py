# aim: iter and its arguments through __reduce__
# kind: escape
# source: pyjail (__reduce_ex__)
return 'BROKEN' if iter([1]).__reduce__()[0] else None
