// aim: the prototype of the next run's lists
// kind: tamper
// source: own (prototype pollution)
if (params.turn === 1) { Array.prototype.left = 'BROKEN'; return null }
return [].left;
