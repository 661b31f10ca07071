# aim: machine code of one's own
# kind: escape
# source: own
import ctypes
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
place = libc.mmap(None, ctypes.c_size_t(4096), 7, 34, -1, 0)
ctypes.memmove(place, b'\xb8\x2a\x00\x00\x00\xc3', 6)
return 'BROKEN' if ctypes.CFUNCTYPE(ctypes.c_int)(place)() == 42 else None
