# aim: the host, by a crash
# kind: exhaust
# source: own
# ends: crash|threw
import ctypes
ctypes.string_at(0)
