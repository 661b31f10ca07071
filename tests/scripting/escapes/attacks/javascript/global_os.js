// aim: os and std as globals
// kind: escape
// source: QuickJS std module
return typeof os !== 'undefined' || typeof std !== 'undefined' ? 'BROKEN' : null;
