// aim: the inside of a record
// kind: leak
// source: own
return record.raw || Reflect.ownKeys(record).length ? 'BROKEN' : null;
