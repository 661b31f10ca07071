// aim: the places of the stubs in a stack
// kind: leak
// source: own
try { sys.jobs.find({get x() { throw new Error('x') }}) } catch (e) { return /<input>/.test(e.stack) ? 'BROKEN' : null }
return 'BROKEN';
