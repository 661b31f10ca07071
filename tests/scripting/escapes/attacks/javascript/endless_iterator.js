// aim: memory, by an iterator without end
// kind: exhaust
// source: own
// ends: memory|cpu|threw
// limits: cpu_ms=10000
return [...{*[Symbol.iterator]() { while (true) yield 1 }}];
