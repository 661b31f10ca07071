// aim: a method of a record on another object
// kind: escape
// source: own
try { return record.id.call({raw: {id: 'BROKEN'}}) } catch (e) { return null }
