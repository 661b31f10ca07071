# aim: an error with fields of other types
# kind: protocol
# source: own
# ends: protocol
send(frame([68, 1, 'm', {}, None, None, None, None, None]))
wait()
