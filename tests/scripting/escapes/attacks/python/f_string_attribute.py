# aim: attributes in the braces of an f-string
# kind: escape
# source: own
return f'{"BROKEN"}{().__class__}'
