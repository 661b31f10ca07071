// aim: time, by waiting for the clock
// kind: exhaust
// source: own
// ends: calls|cpu
// limits: calls=200 cpu_ms=10000
while (Date.now() < 2e12) {}
