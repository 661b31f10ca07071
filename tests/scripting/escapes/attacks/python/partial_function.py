# aim: the function behind a partial
# kind: escape
# source: own
import functools
return 'BROKEN' if functools.partial(len).func else None
