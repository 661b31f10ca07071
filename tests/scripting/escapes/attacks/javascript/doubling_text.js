// aim: memory, by doubling
// kind: exhaust
// source: own (billion laughs)
// ends: memory|threw
// limits: cpu_ms=10000
let x = 'x'; while (true) x += x + '\u20ac';
