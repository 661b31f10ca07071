# aim: a result above its limit, by a child that does not check
# kind: protocol
# source: own
# ends: frame
# limits: result_bytes=1000 frame_bytes=100000
send(frame([67, 'x' * 2000]))
wait()
