# aim: more than the frame in the frame
# kind: protocol
# source: own
# ends: protocol
send(b'\0\0\0\4\x92\x43\x01\x01')
wait()
