// aim: a file, by Node's module
// kind: escape
// source: Node escape classic
return String(require('fs').readFileSync('@SECRET_FILE@'));
