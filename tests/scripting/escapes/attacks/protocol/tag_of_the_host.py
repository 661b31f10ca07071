# aim: a reply of the host, forged by the child
# kind: protocol
# source: own
# ends: protocol
send(frame([3, 1, None, 0]))
wait()
