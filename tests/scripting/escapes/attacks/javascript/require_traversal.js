// aim: a module outside of the app by dots
// kind: escape
// source: CWE-22
return require('../../../../../usr/lib/os').exec('id');
