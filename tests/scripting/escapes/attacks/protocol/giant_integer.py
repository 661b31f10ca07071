# aim: an integer beyond 64 bits
# kind: protocol
# source: own
# ends: protocol
send(frame([67, 2 ** 64 - 1]))
wait()
