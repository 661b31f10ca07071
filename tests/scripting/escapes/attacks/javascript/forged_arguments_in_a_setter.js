// aim: the arguments of a call, by a setter on the prototype of objects
// kind: tamper
// source: own
let got = null;
Object.defineProperty(Object.prototype, 'level', {set(v) { got = v }, configurable: true});
sys.jobs.logInfo('x');
class Taken extends Array {}
return Function.prototype.toString.call(sys.jobs.logInfo).includes('call("jobs.log"') ? 'BROKEN' : got;
