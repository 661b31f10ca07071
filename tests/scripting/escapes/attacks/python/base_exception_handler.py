# aim: the end of the run, caught by its base class
# kind: escape
# source: own
try:
    raise KeyboardInterrupt
except BaseException:
    return 'BROKEN'
