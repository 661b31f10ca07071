# aim: a map with one key twice: the last counts, as in JSON
# kind: protocol
# source: own
# ends: returned
send(b'\0\0\0\x09\x92\x43\x82\xa1a\x01\xa1a\x02')
wait()
