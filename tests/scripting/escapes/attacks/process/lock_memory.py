# aim: memory that cannot be swapped
# kind: exhaust
# source: own
# ends: crash|threw
import ctypes
raise SystemError(ctypes.CDLL(None).mlockall(3))
