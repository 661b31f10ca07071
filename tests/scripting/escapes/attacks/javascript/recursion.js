// aim: the stack, by recursion
// kind: exhaust
// source: own
// ends: threw
const f = () => f() + 1; return f();
