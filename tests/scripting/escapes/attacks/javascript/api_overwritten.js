// aim: a call of the API
// kind: tamper
// source: own
try { sys.jobs.logInfo = () => 'BROKEN' } catch (e) {}
return sys.jobs.logInfo('x') === 'BROKEN' ? 'BROKEN' : null;
