// aim: the machine's clock by Date
// kind: leak
// source: own
return Date.now() > 1.75e12 || new Date().getTime() > 1.75e12 ? 'BROKEN' : null;
