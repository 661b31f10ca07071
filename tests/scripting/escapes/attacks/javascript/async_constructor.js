// aim: code in another function's scope
// kind: escape
// source: vm2 classic (AsyncFunction)
return (async () => {}).constructor('return typeof process === "object" ? "BROKEN" : null')();
