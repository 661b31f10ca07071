// aim: what the next run's promises answer
// kind: tamper
// source: own
if (params.turn === 1) { const then = Promise.prototype.then; Promise.prototype.then = function (f) { return then.call(this, () => f('BROKEN')) }; return null }
return new Promise(yes => Promise.resolve(1).then(yes));
