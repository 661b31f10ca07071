# aim: the host's memory, by empty lists
# kind: protocol
# source: own
# ends: protocol
send(frame([67, [[]] * 600000]))
wait()
