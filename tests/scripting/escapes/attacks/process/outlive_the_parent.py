# aim: life after the worker's end
# kind: escape
# source: own
import ctypes
return 'BROKEN' if ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) == 0 else None
