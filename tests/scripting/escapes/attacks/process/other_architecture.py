# aim: a system call by the numbers of x32
# kind: escape
# source: own (seccomp bypass by x32)
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(0x40000000 + 39)
return 'BROKEN'
