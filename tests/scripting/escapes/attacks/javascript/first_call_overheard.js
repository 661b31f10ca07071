// aim: what the first call of each method prepares, by every built-in that it could go through
// kind: leak
// source: own
const heard = [];
const listen = (owner, name) => {
  const native = owner[name];
  owner[name] = function (...given) {
    heard[heard.length] = name;
    return native.apply(this, given);
  };
};
const firsts = [() => sys.jobs.logInfo('x'), () => sys.jobs.getCurrentJobId(), () => sys.jobs.cancel('1')];
for (const name of ['parse', 'stringify']) listen(JSON, name);
for (const name of ['defineProperty', 'keys', 'freeze', 'hasOwn', 'getOwnPropertyNames']) listen(Object, name);
for (const name of ['slice', 'split', 'indexOf', 'includes']) listen(String.prototype, name);
for (const name of ['join', 'map', 'forEach', 'concat']) listen(Array.prototype, name);
for (const name of ['eval', 'Function', 'Set', 'Map', 'Proxy', 'Error']) listen(globalThis, name);
listen(Array.prototype, Symbol.iterator);
heard.length = 0;
for (let index = 0; index < 3; index += 1) {
  try { firsts[index]() } catch (e) {}
}
return heard.length ? 'BROKEN' : null;
