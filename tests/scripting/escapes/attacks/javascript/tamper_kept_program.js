// aim: the program of the next run, as it comes into its engine
// kind: tamper
// source: own
if (params.turn === 1) {
  globalThis.left = 'BROKEN';
  for (const owner of [globalThis, Object.prototype, Function.prototype]) {
    for (const name of ['__loaded', '__call', 'require', 'script']) {
      try {
        Object.defineProperty(owner, name, { set(value) { this.left = 'BROKEN' }, get() { return () => 'BROKEN' }, configurable: true });
      } catch (e) {}
    }
  }
  Function.prototype.toString = () => 'BROKEN';
  return null;
}
return [globalThis.left ?? null, typeof globalThis.__loaded, (function () {}).toString().includes('BROKEN')].join();
