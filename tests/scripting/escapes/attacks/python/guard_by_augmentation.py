# aim: a guard, changed by +=
# kind: escape
# source: own
_write_ = 1
_write_ += 1
return 'BROKEN'
