// aim: time, by a loop that swallows what it can
// kind: exhaust
// source: own
// ends: cpu
while (true) { try { throw 1 } catch (e) {} finally { continue } }
