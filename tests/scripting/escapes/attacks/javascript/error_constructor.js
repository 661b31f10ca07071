// aim: process through the constructor of a caught error
// kind: escape
// source: CVE-2023-29017 and kin (vm2)
try { null.x } catch (e) { return e.constructor.constructor('return process')().env ? 'BROKEN' : null }
