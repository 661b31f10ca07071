# aim: memory made executable by a call that filters forget
# kind: escape
# source: own
import ctypes
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
place = libc.mmap(None, ctypes.c_size_t(4096), 3, 34, -1, 0)
return 'BROKEN' if libc.syscall(329, ctypes.c_void_p(place), ctypes.c_size_t(4096), 5, -1) == 0 else None
