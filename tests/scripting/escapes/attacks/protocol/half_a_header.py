# aim: the host, by half a header
# kind: protocol
# source: own
# ends: crash
import os
send(b'\0\0')
os._exit(0)
