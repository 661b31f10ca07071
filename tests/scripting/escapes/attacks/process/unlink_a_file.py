# aim: a file's end
# kind: escape
# source: own
import os
try:
    os.unlink('@MARK@.absent')
except FileNotFoundError:
    return 'BROKEN'
