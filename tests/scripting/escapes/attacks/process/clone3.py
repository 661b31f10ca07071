# aim: another process, by a call whose arguments no filter sees
# kind: escape
# source: own
import ctypes, os, struct
pid = ctypes.CDLL(None).syscall(435, struct.pack('8Q', 0, 0, 0, 0, 17, 0, 0, 0), 64)
if pid == 0:
    os._exit(0)
return 'BROKEN' if pid > 0 else None
