// aim: time, by a loop
// kind: exhaust
// source: own
// ends: cpu
while (true) {}
