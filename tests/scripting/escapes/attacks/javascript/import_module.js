// aim: a module by import()
// kind: escape
// source: own
// control: none: the engine has no loader of modules, and that is what is asked
return import('os').then(() => 'BROKEN', () => null);
