// Time and chance come from the host: the same run, replayed, sees the same.
const NativeDate = Date;
const dateText = uncurry(NativeDate.prototype.toString);
const dateTime = uncurry(NativeDate.prototype.getTime);
const dateIso = uncurry(NativeDate.prototype.toISOString);
const now = () => host.now();

{
  const HostDate = function (...args) {
    if (new.target === undefined) return dateText(new NativeDate(now()));
    return construct(NativeDate, args.length ? args : [now()], new.target);
  };
  method("Date", HostDate);
  defineProperty(HostDate, "length", { value: 7 });
  defineProperty(HostDate, "prototype", { value: NativeDate.prototype, writable: false });
  hide(HostDate, "now", method("now", () => now()));
  hide(HostDate, "parse", NativeDate.parse);
  hide(HostDate, "UTC", NativeDate.UTC);
  hide(NativeDate.prototype, "constructor", HostDate);
  hide(globalThis, "Date", HostDate);
}

// xoshiro128**, 53 bits from two draws; the seed is four 32-bit words, never all zero, which few runs ask for.
let seeded = false;
let s0, s1, s2, s3;

function seedRandom() {
  // The script runs already: no destructuring, whose iterators are its own.
  const words = parse(host.seed());
  s0 = words[0];
  s1 = words[1];
  s2 = words[2];
  s3 = words[3];
  seeded = true;
}

function draw() {
  if (!seeded) seedRandom();
  const mixed = imul(s1, 5);
  const result = imul((mixed << 7) | (mixed >>> 25), 9) >>> 0;
  const shifted = s1 << 9;
  s2 ^= s0;
  s3 ^= s1;
  s1 ^= s2;
  s0 ^= s3;
  s2 ^= shifted;
  s3 = (s3 << 11) | (s3 >>> 21);
  return result;
}

hide(Math, "random", method("random", () => ((draw() >>> 5) * 67108864 + (draw() >>> 6)) / 9007199254740992));
