// aim: the engine's memory safety, by a list that shrinks while it is read
// kind: exhaust
// source: CVE-2025-62494 and kin (QuickJS)
// ends: returned|threw
const buffer = new ArrayBuffer(64, {maxByteLength: 128}), list = new Uint8Array(buffer);
list.fill({valueOf() { buffer.resize(0); return 1 }}); return list.length;
