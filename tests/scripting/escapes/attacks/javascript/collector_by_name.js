// aim: the collector, called
// kind: leak
// source: own
return typeof gc === 'function' ? 'BROKEN' : null;
