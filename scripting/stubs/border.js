// Values on their way to the host and back, as JSON text. JSON.stringify would drop functions, turn NaN
// into null and Maps into {}; a script's author is told the place instead.
const MAX_DEPTH = 200;
const PLAIN = { "[object Object]": true, "[object Arguments]": true, __proto__: null };
const BOXED = { "[object String]": true, "[object Number]": true, "[object Boolean]": true, __proto__: null };

// at: {place, records, keys, parents}, the way from the outermost value to this one, as deep as `depth`.
function encode(value, at, depth) {
  switch (typeof value) {
    case "string":
      return stringify(veil(value));
    case "number":
      return encodeNumber(value, at, depth);
    case "boolean":
      return value ? "true" : "false";
    case "undefined":
      return "null";
    case "object":
      return value === null ? "null" : encodeObject(value, at, depth);
    default:
      throw refusal(at, depth, `a ${typeof value} is not JSON`);
  }
}

function encodeNumber(value, at, depth) {
  if (!isFinite(value)) throw refusal(at, depth, `${value} is not allowed in JSON`);
  const text = `${value}`;
  // Whole doubles beyond 64 bits stay doubles on the other side.
  const huge = (value >= 0x7fffffffffffffff || value < -0x8000000000000000) && indexOfText(text, "e") < 0;
  return huge ? `${text}.0` : text;
}

function encodeObject(value, at, depth) {
  if (isArray(value)) return encodeList(value, enter(value, at, depth), depth);
  if (value instanceof NativeDate) return encodeDate(value, at, depth);
  if (isRecord(value)) return encodeRecord(value, enter(value, at, depth), depth);
  if (typeof value.toJSON === "function") return encode(value.toJSON(), enter(value, at, depth), depth + 1);
  const tag = tagOf(value);
  if (tag in PLAIN) return encodeMap(value, enter(value, at, depth), depth);
  if (tag in BOXED) return encode(value.valueOf(), enter(value, at, depth), depth + 1);
  throw refusal(at, depth, `a value of type ${sliceText(tag, 8, -1)} is not JSON`);
}

function enter(value, at, depth) {
  if (depth >= MAX_DEPTH) throw refusal(at, depth, `nested deeper than ${MAX_DEPTH}`);
  for (let index = 0; index < depth; index += 1) {
    if (at.parents[index] === value) throw refusal(at, depth, "an object that contains itself is not JSON");
  }
  at.parents[depth] = value;
  at.keys[depth] = "toJSON()";
  return at;
}

function encodeDate(value, at, depth) {
  const time = dateTime(value);
  if (!isFinite(time)) throw refusal(at, depth, "Invalid Date is not allowed in JSON");
  return `{"$date":${time}}`;
}

function encodeRecord(value, at, depth) {
  if (!at.records) return encode(recordJson(value), at, depth + 1);
  at.keys[depth] = "$record";
  return `{"$record":${encode(rawOf(value), at, depth + 1)}}`;
}

function encodeList(value, at, depth) {
  let text = "[";
  for (let index = 0; index < value.length; index += 1) {
    at.keys[depth] = index;
    text += (index ? "," : "") + encode(value[index], at, depth + 1);
  }
  return `${text}]`;
}

function encodeMap(value, at, depth) {
  const names = keys(value);
  let text = "{";
  for (let index = 0; index < names.length; index += 1) {
    const item = value[names[index]];
    if (item === undefined) continue;
    at.keys[depth] = names[index];
    text += (text.length > 1 ? "," : "") + stringify(veil(names[index])) + ":" + encode(item, at, depth + 1);
  }
  return `${text}}`;
}

function refusal(at, depth, problem) {
  let place = at.place;
  for (let index = 0; index < depth; index += 1) {
    const key = at.keys[index];
    place += typeof key === "number" ? `[${key}]` : `.${veil(key.length > 40 ? `${sliceText(key, 0, 40)}...` : key)}`;
  }
  return badRequest(`${place}: ${problem}`, { place });
}

// records: whether a Record keeps its kind ({"$record": …}), as it does in arguments of calls.
const encodeAll = (value, place, records) => flat(encode(value, { place, records, keys: [], parents: [] }, 0));
const encodeArgs = (args, name) => encodeAll(args, name, true);
const encodeResult = (value, place) => encodeAll(value, place, false);

// {"$date": ms} becomes a Date and {"$record": …} a Record, in place.
function revive(value) {
  if (typeof value !== "object" || value === null) return value;
  if (typeof value.$date === "number" && keys(value).length === 1) return new NativeDate(value.$date);
  const names = isArray(value) ? null : keys(value);
  const count = names ? names.length : value.length;
  for (let index = 0; index < count; index += 1) {
    const key = names ? names[index] : index;
    const item = value[key];
    const revived = revive(item);
    if (revived !== item) defineProperty(value, key, { value: revived });
  }
  if (hasOwn(value, "$record") && count === 1) return new Record(value.$record);
  return value;
}

// Replies begin with their kind: v is JSON, d is JSON with something to revive, e is a refusal.
function call(name, args) {
  const text = encodeArgs(args, `${name} args`);
  const reply = traced ? host.call(name, text, flat(here())) : host.call(name, text);
  const value = parse(sliceText(reply, 1));
  if (reply[0] === "v") return value;
  if (reply[0] === "d") return revive(value);
  throw new ScriptException(value.code, value.message, revive(value.additionalInfo));
}
