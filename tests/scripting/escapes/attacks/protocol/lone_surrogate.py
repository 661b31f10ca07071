# aim: half of a pair of surrogates
# kind: protocol
# source: own
# ends: protocol
send(b'\0\0\0\6\x92\x43\xa3\xed\xa0\x80')
wait()
