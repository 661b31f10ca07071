# aim: a map with a number for a key
# kind: protocol
# source: own
# ends: protocol
send(frame([67, {1: 2}]))
wait()
