// aim: the prototype of the next run's objects
// kind: tamper
// source: CVE-2019-10744 and kin (prototype pollution)
if (params.turn === 1) { ({}).__proto__.left = 'BROKEN'; return null }
return ({}).left;
