# aim: the host, by half a frame and an end
# kind: protocol
# source: own
# ends: crash
import os
send(b'\0\0\0\x64half')
os._exit(0)
