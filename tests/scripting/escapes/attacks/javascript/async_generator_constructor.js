// aim: code in an asynchronous generator's scope
// kind: escape
// source: vm2 classic
return (async function* () {}).constructor('yield typeof process === "object" ? "BROKEN" : null')().next().then(r => r.value);
