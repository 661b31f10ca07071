// aim: a global of the next run
// kind: tamper
// source: own
if (params.turn === 1) { globalThis.left = 'BROKEN'; return null }
return typeof left === 'undefined' ? null : left;
