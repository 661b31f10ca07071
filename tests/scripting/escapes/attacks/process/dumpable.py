# aim: a process that others may read
# kind: escape
# source: own
import ctypes
return 'BROKEN' if ctypes.CDLL(None).prctl(4, 1, 0, 0, 0) == 0 else None
