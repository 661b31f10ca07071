# aim: the memory of another process without /proc
# kind: escape
# source: own
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
text = ctypes.create_string_buffer(b'BROKEN', 7)
into = ctypes.create_string_buffer(7)
class Vector(ctypes.Structure):
    _fields_ = [('base', ctypes.c_void_p), ('size', ctypes.c_size_t)]
ours, theirs = Vector(ctypes.addressof(into), 7), Vector(ctypes.addressof(text), 7)
libc.process_vm_readv(os.getpid(), ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0)
return into.value.decode()
