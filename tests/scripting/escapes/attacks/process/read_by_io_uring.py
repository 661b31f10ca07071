# aim: system calls through a ring, past the filter
# kind: escape
# source: CVE-2022-29582 and kin (io_uring)
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(425, 0, None)
return 'BROKEN' if ctypes.get_errno() else None
