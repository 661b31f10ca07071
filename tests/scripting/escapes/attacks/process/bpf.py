# aim: code in the kernel
# kind: escape
# source: CVE-2021-3490 and kin (eBPF)
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(321, -1, 0, 0)
return 'BROKEN' if ctypes.get_errno() else None
