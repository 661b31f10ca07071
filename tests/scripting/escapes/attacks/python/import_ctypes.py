# aim: the C library
# kind: escape
# source: pyjail classic
import ctypes
return 'BROKEN' if ctypes.CDLL(None) else None
