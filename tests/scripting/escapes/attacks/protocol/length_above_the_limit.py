# aim: the host's memory, by one byte too many
# kind: protocol
# source: own
# ends: frame
import struct
send(struct.pack('!I', 8 * 1024 * 1024 + 1))
wait()
