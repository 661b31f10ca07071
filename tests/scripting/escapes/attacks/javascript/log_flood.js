// aim: the host's memory, by lines of log
// kind: exhaust
// source: own
// ends: calls
// limits: calls=200 cpu_ms=10000
while (true) log('x'.repeat(1000));
