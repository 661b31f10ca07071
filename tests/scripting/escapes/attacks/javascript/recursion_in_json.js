// aim: the stack, by nested values
// kind: exhaust
// source: own
// ends: threw|memory
let x = []; for (let n = 0; n < 100000; n++) x = [x]; return x;
