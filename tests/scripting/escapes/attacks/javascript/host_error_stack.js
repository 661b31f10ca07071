// aim: paths of the machine in the stack of a refusal
// kind: leak
// source: own
try { sys.jobs.cancel('J1') } catch (e) { return /\.py|\/usr|<input>/.test(e.stack) ? 'BROKEN' : null }
