// aim: when the collector runs, by finalizers
// kind: leak
// source: own
return typeof FinalizationRegistry !== 'undefined' ? 'BROKEN' : null;
