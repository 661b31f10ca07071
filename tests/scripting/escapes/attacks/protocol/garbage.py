# aim: the decoder, by noise
# kind: protocol
# source: own
# ends: protocol
send(b'\0\0\0\4\xc1\xc1\xc1\xc1')
wait()
