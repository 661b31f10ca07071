# aim: another process, by ptrace
# kind: escape
# source: own
import ctypes
return 'BROKEN' if ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0 else None
