# aim: memory for machine code
# kind: escape
# source: own
import ctypes
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
return 'BROKEN' if libc.mmap(None, ctypes.c_size_t(4096), 7, 34, -1, 0) != ctypes.c_void_p(-1).value else None
