// aim: the machine's clock
// kind: leak
// source: own (timing side channels)
return typeof performance !== 'undefined' ? 'BROKEN' : null;
