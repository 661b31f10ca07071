# aim: a file, by creat
# kind: escape
# source: own
import ctypes
ctypes.CDLL(None).creat(b'@MARK@', 0o644)
