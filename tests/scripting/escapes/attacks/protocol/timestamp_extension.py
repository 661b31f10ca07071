# aim: msgpack's own extension, which becomes an object
# kind: protocol
# source: own
# ends: protocol
import msgpack
send(frame([67, msgpack.Timestamp(1)]))
wait()
