// aim: the frames of the host by a hook of V8
// kind: escape
// source: CVE-2023-29017 (vm2, prepareStackTrace)
return typeof Error.captureStackTrace === 'function' ? 'BROKEN' : null;
