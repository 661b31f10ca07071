// aim: a call of the API in the next run
// kind: tamper
// source: own
if (params.turn === 1) { try { sys.jobs.getCurrentJobId = () => 'BROKEN' } catch (e) {} return null }
return sys.jobs.getCurrentJobId();
