// aim: process through the constructor of a constructor
// kind: escape
// source: vm2 classic (this.constructor.constructor)
return this.constructor.constructor('return process')().mainModule ? 'BROKEN' : null;
