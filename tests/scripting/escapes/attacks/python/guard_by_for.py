# aim: a guard, bound by a loop
# kind: escape
# source: own
for _getattr_ in [1]:
    return 'BROKEN'
