// aim: the environment through process
// kind: leak
// source: vm2 classic (process.env)
return JSON.stringify(process.env);
