// aim: the machine's clock as text
// kind: leak
// source: own
return /202[5-9]|20[3-9]\d/.test(Date()) ? 'BROKEN' : null;
