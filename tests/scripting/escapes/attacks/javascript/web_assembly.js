// aim: machine code
// kind: escape
// source: own
// control: none: the engine has no WebAssembly, and that is what is asked
return typeof WebAssembly !== 'undefined' ? 'BROKEN' : null;
