// aim: another method of the host, by names that its description could inherit when it is first read
// kind: escape
// source: own
const names = ['call', 'args', 'result', 'count', 'own', 'expected', 'kind', 'key', 'default', 'listed', 'leading',
  'as_query', 'level', 'text', 'spec'];
let asked = 0;
for (const name of names) {
  Object.defineProperty(Object.prototype, name, { __proto__: null, configurable: true,
    get() { asked += 1; return name === 'call' ? 'data.executeGlobalAction' : undefined },
    set() { asked += 1 } });
}
Array.prototype.toJSON = function () { asked += 1; return ['forged'] };
sys.jobs.logInfo('x');
return asked ? 'BROKEN' : null;
