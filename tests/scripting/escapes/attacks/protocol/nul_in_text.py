# aim: NUL, which jsonb does not take
# kind: protocol
# source: own
# ends: protocol
send(frame([67, 'a\0b']))
wait()
