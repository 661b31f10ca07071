# aim: a program, by system()
# kind: escape
# source: own
import ctypes
ctypes.CDLL(None).system(b'echo x > @MARK@')
