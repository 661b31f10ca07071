// aim: memory, by promises that never settle
// kind: exhaust
// source: own
// ends: memory|threw
// limits: cpu_ms=10000
const held = []; while (true) held.push(new Promise(() => {}).then(() => 'x'.repeat(100)));
