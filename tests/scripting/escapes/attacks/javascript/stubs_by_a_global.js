// aim: the stubs' own function, under the name by which they came into the engine
// kind: escape
// source: own
const names = Reflect.ownKeys(globalThis).map(String);
return names.some((name) => /^__|host|stub|load|boot/i.test(name)) ? 'BROKEN' : null;
