# aim: a report of layers that do not hold
# kind: protocol
# source: own
# ends: protocol
send(frame([70, {'seccomp': True}]))
wait()
