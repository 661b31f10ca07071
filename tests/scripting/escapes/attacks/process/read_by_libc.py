# aim: a file, by the C library
# kind: escape
# source: own
import ctypes
libc = ctypes.CDLL(None)
buffer = ctypes.create_string_buffer(100)
number = libc.open(b'@SECRET_FILE@', 0)
libc.read(number, buffer, 100)
return buffer.value.decode()
