// aim: what the next run's loops see
// kind: tamper
// source: own
if (params.turn === 1) { Array.prototype[Symbol.iterator] = function* () { yield 'BROKEN' }; return null }
for (const x of [1]) return x;
