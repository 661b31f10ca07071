// aim: the machine's clock by the constructor on the prototype
// kind: leak
// source: own
return new (Object.getPrototypeOf(new Date(0)).constructor)().getTime() > 1.75e12 ? 'BROKEN' : null;
