# aim: the keyring of the worker
# kind: leak
# source: CVE-2016-0728 and kin (keyrings)
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(250, 0, -3, 0)
return 'BROKEN' if ctypes.get_errno() != 31 else None
