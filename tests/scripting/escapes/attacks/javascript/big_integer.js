// aim: time, by a long integer
// kind: exhaust
// source: own
// ends: cpu|threw|memory
let x = 3n; while (true) x = x * x;
