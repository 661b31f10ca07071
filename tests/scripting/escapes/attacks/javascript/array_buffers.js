// aim: memory, by buffers
// kind: exhaust
// source: own (typed arrays)
// ends: memory|threw
// limits: cpu_ms=10000
const held = []; while (true) held.push(new ArrayBuffer(1 << 20));
