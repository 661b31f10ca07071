// aim: chance that no replay repeats
// kind: leak
// source: own
return typeof crypto !== 'undefined' || Function.prototype.toString.call(Math.random).includes('[native code]') ? 'BROKEN' : null;
