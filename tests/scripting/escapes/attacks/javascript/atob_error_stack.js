// aim: the same, thrown by atob
// kind: leak
// source: own, found by this corpus
try { atob('%%%') } catch (e) { return /<input>/.test(String(e.stack)) ? 'BROKEN' : null }
