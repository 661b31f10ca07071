// aim: time, by a pattern
// kind: exhaust
// source: CWE-1333 (ReDoS)
// ends: cpu
return /^(a+)+$/.test('a'.repeat(60) + 'b');
