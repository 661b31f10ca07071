// aim: a record behind a proxy
// kind: escape
// source: own (Proxy traps)
try { return new Proxy(record, {get: (t, k) => k === 'raw' ? {id: 'BROKEN'} : t[k]}).id() } catch (e) { return null }
