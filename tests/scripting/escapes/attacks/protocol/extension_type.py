# aim: an extension of msgpack
# kind: protocol
# source: own
# ends: protocol
import msgpack
send(frame([67, msgpack.ExtType(5, b'x')]))
wait()
