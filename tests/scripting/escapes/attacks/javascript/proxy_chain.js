// aim: the stack, by proxies of proxies
// kind: exhaust
// source: own
// ends: threw
let p = {}; for (let n = 0; n < 100000; n++) p = new Proxy(p, {}); return p.x;
