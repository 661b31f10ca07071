// aim: the way out to Python
// kind: escape
// source: own
return typeof hostCall === 'function' ? 'BROKEN' : null;
