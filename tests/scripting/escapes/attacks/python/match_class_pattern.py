# aim: attributes through a class pattern
# kind: escape
# source: own
match 'x':
    case str(__class__=c):
        return 'BROKEN' if c else None
