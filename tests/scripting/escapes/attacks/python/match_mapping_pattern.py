# aim: a name of a guard, bound by a pattern
# kind: escape
# source: own
match {'a': 1}:
    case {'a': 1, **_write_}:
        return 'BROKEN'
