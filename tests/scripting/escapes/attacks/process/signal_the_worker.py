# aim: a signal to the worker
# kind: escape
# source: own
import os
try:
    os.kill(int('@PID@'), 0)
except PermissionError:
    return 'BROKEN'
return 'BROKEN'
