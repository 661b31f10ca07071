// aim: a program, by Node's module
// kind: escape
// source: Node escape classic
return require('child_process').execSync('id');
