// aim: the object that a callback is called on
// kind: escape
// source: own (realm leakage through callbacks)
let seen = null;
try { sys.jobs.executeInJob([1], 'q', function () { seen = this }) } catch (e) {}
return seen && seen.host ? 'BROKEN' : null;
