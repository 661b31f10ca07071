// aim: a clock out of shared memory
// kind: leak
// source: Spectre (SharedArrayBuffer)
return typeof SharedArrayBuffer !== 'undefined' || typeof Atomics !== 'undefined' ? 'BROKEN' : null;
