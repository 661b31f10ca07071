# aim: another file system
# kind: escape
# source: own
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.mount(b'none', b'@MARK@.absent', b'tmpfs', 0, 0)
return 'BROKEN' if ctypes.get_errno() in (1, 2) else None
