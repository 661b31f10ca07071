// aim: a call in the name of the next run, by a promise that outlives its own
// kind: tamper
// source: own
if (params.turn === 1) { const again = () => Promise.resolve().then(() => { globalThis.turns = (globalThis.turns ?? 0) + 1; if (turns < 3) again() }); again(); globalThis.left = 'BROKEN'; return null }
return typeof left === 'undefined' ? null : left;
