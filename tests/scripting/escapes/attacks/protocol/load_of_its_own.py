# aim: another program and other limits
# kind: protocol
# source: own
# ends: protocol
send(frame([1, 'python', 'p', 's', {}, 'app', 1, 1, 1, 1]))
wait()
