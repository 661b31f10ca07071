// aim: memory, by generators
// kind: exhaust
// source: own
// ends: memory|threw
// limits: cpu_ms=10000
const held = []; while (true) { const g = (function* () { yield 1 })(); g.next(); held.push(g) }
