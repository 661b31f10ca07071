# aim: another process, by the raw clone call
# kind: escape
# source: own
import ctypes, os
pid = ctypes.CDLL(None).syscall(56, 17, 0, 0, 0, 0) if os.uname().machine == 'x86_64' else os.fork()
if pid == 0:
    os._exit(0)
return 'BROKEN'
