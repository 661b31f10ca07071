// aim: when the collector runs
// kind: leak
// source: own
return typeof WeakRef !== 'undefined' ? 'BROKEN' : null;
