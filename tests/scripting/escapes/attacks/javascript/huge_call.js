// aim: the host's memory, by one call
// kind: exhaust
// source: own
// ends: threw
// limits: frame_bytes=100000 cpu_ms=10000
sys.jobs.find({x: 'x'.repeat(1000000)});
