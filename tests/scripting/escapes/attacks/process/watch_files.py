# aim: what happens to files
# kind: leak
# source: own
import ctypes
return 'BROKEN' if ctypes.CDLL(None).inotify_init() >= 0 else None
