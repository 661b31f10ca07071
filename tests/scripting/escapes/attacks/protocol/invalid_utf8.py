# aim: text that is none
# kind: protocol
# source: own
# ends: protocol
send(b'\0\0\0\4\x92\x43\xa1\xff')
wait()
