// aim: the host's functions under names that one may guess
// kind: escape
// source: own
return Object.getOwnPropertyNames(globalThis).some(n => /^__|host|Call$/.test(n)) ? 'BROKEN' : null;
