# aim: more descriptors
# kind: escape
# source: own
import ctypes
return 'BROKEN' if ctypes.CDLL(None).eventfd(0, 0) >= 0 else None
