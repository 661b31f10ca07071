# aim: the host's memory, by one line of log
# kind: exhaust
# source: own
# ends: threw
# limits: frame_bytes=100000 cpu_ms=10000
log('x' * 9000000)
