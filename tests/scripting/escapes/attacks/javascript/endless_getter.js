// aim: time, within the encoding of the result
// kind: exhaust
// source: own
// ends: cpu
return {get x() { while (true) {} }};
