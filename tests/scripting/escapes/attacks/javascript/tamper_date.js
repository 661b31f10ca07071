// aim: the next run's clock
// kind: tamper
// source: own
if (params.turn === 1) { Date.now = () => 'BROKEN'; return null }
return Date.now();
