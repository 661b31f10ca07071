# aim: an infinity in the result
# kind: protocol
# source: own
# ends: protocol
send(frame([67, float('inf')]))
wait()
