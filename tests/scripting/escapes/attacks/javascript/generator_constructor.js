// aim: code in a generator's scope
// kind: escape
// source: vm2 classic (GeneratorFunction)
return (function* () {}).constructor('yield typeof process === "object" ? "BROKEN" : null')().next().value;
