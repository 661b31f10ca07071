# aim: a limit that the host did not set
# kind: protocol
# source: own
# ends: protocol
send(frame([69, 'wall', 'x']))
wait()
