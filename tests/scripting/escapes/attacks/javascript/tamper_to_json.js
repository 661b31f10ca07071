// aim: what the next run returns
// kind: tamper
// source: own (toJSON)
if (params.turn === 1) { Object.prototype.toJSON = () => 'BROKEN'; return null }
return JSON.stringify({});
