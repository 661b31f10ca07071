// aim: time, within a sort
// kind: exhaust
// source: own
// ends: cpu
return [3, 2, 1].sort(() => { while (true) {} });
