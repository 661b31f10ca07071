# aim: memory shared by the old way
# kind: escape
# source: own
import ctypes
libc = ctypes.CDLL(None)
number = libc.shmget(0, 4096, 0o1600)
libc.shmctl(number, 0, None)
return 'BROKEN' if number >= 0 else None
