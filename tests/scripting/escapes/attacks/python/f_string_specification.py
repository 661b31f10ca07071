# aim: attributes in the specification of an f-string
# kind: escape
# source: own
return f'BROKEN{1:{().__class__.__name__[0]}>5}'
