// aim: time, by promises that make promises
// kind: exhaust
// source: own
// ends: cpu
const again = () => Promise.resolve().then(again);
return again();
