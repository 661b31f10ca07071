# aim: a second start
# kind: protocol
# source: own
# ends: protocol
send(frame([65]))
wait()
