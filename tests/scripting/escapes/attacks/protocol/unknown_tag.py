# aim: a frame that nobody knows
# kind: protocol
# source: own
# ends: protocol
send(frame([99, 'x']))
wait()
