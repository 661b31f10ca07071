// aim: the machine's clock by a class that extends Date
// kind: leak
// source: own
return new (class extends Date {})().getTime() > 1.75e12 ? 'BROKEN' : null;
