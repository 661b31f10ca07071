// aim: memory, by doubling a list
// kind: exhaust
// source: own
// ends: memory|threw
// limits: cpu_ms=10000
let x = [0]; while (true) x = x.concat(x);
