// aim: every call of the next run's stubs
// kind: tamper
// source: own
if (params.turn === 1) { Function.prototype.call = function () { return 'BROKEN' }; return null }
return (function () { return 1 }).call(null);
