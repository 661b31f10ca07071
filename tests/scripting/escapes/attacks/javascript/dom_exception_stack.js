// aim: the stubs' frames in the stack of a DOMException
// kind: leak
// source: own, found by this corpus
return typeof DOMException === 'function' ? 'BROKEN' : null;
