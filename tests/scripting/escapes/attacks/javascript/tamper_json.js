// aim: JSON of the next run
// kind: tamper
// source: own
if (params.turn === 1) { JSON.stringify = () => 'BROKEN'; return null }
return JSON.stringify(1);
