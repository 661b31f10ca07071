// aim: the stub that calls, by caller and arguments
// kind: escape
// source: own
// control: none: functions of the engine have no caller, and that is what is asked
try { return sys.jobs.find.caller === null || sys.jobs.find.arguments === null ? 'BROKEN' : null } catch (e) { return null }
