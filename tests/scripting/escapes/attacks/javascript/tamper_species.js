// aim: what the next run's lists make of themselves
// kind: tamper
// source: own (Symbol.species)
if (params.turn === 1) { Object.defineProperty(Array, Symbol.species, {get: () => function () { return {length: 0, left: 'BROKEN'} }}); return null }
return [1].map(x => x).left;
