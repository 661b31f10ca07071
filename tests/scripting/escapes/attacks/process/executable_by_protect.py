# aim: memory made executable later
# kind: escape
# source: own
import ctypes
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
place = libc.mmap(None, ctypes.c_size_t(4096), 3, 34, -1, 0)
return 'BROKEN' if libc.mprotect(ctypes.c_void_p(place), ctypes.c_size_t(4096), 5) == 0 else None
