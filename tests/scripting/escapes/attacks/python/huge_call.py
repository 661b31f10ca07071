# aim: the host's memory, by one call
# kind: exhaust
# source: own
# ends: threw
# limits: frame_bytes=100000 cpu_ms=10000
return sys.jobs.find({'x': 'x' * 9000000})
