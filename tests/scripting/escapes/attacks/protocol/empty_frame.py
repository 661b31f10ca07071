# aim: the decoder, by nothing
# kind: protocol
# source: own
# ends: protocol
send(b'\0\0\0\0')
wait()
