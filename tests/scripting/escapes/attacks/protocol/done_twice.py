# aim: a second result
# kind: protocol
# source: own
# ends: protocol
send(frame([67, 1]) + frame([67, 2]))
wait()
