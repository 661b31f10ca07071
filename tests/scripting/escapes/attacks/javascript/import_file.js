// aim: a file of the machine by import()
// kind: escape
// source: own
// control: none: the engine has no loader of modules, and that is what is asked
return import('@SECRET_FILE@').then(() => 'BROKEN', e => String(e));
