// aim: files and the environment through std
// kind: escape
// source: QuickJS std module
return require('std').getenv('HOME');
