// aim: the engine's memory safety, by a list that shrinks while it is sorted
// kind: exhaust
// source: CVE-2025-69654 and kin (QuickJS)
// ends: returned|threw
const list = [5, 4, 3, 2, 1]; list.sort(() => { list.length = 0; return -1 }); return list.length;
