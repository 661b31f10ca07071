// aim: another realm with its own built-ins
// kind: escape
// source: own
// control: none: the engine has no realms, and that is what is asked
return typeof ShadowRealm !== 'undefined' || typeof $262 !== 'undefined' ? 'BROKEN' : null;
