// aim: the stack, by a getter that reads itself
// kind: exhaust
// source: own
// ends: threw
const x = {get y() { return this.y + 1 }}; return x.y;
