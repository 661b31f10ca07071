// aim: memory, again and again
// kind: exhaust
// source: own
// ends: memory|cpu
const held = []; while (true) { try { while (true) held.push('x'.repeat(100000) + held.length) } catch (e) {} }
