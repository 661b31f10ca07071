# aim: a slot, by half a frame
# kind: protocol
# source: own
# ends: wall
# limits: wall_ms=300
send(b'\0\0\0\x64half')
wait()
