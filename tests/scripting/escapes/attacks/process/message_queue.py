# aim: a queue shared with others
# kind: escape
# source: own
import ctypes
libc = ctypes.CDLL(None)
number = libc.msgget(0, 0o1600)
libc.msgctl(number, 0, None)
return 'BROKEN' if number >= 0 else None
