// What the other stubs rest on. All files of this folder are one function body, in the order that
// scripting/javascript.py names, so a `const` here is known in all of them and in no script.
// They keep the built-ins that they use: a script that changes a prototype changes it for itself.
const { apply, construct } = Reflect;
const { defineProperty, freeze, getPrototypeOf, hasOwn, keys } = Object;
const { isArray } = Array;
const { parse, stringify } = JSON;
const { isFinite } = Number;
const { floor, imul, max } = Math;
const NativePromise = Promise;
const InternalFailure = InternalError;
const globalEval = globalThis.eval;
const asText = String;
const method = (name, value) => defineProperty(value, "name", { value: name });
const hide = (object, name, value) =>
  defineProperty(object, name, { value, writable: true, configurable: true, enumerable: false });
// Bound, so that no script's Function.prototype.call comes between (and twice as fast as Reflect.apply).
const uncurry = Function.prototype.bind.bind(Function.prototype.call);

const sliceText = uncurry(String.prototype.slice);
const indexOfText = uncurry(String.prototype.indexOf);
const splitText = uncurry(String.prototype.split);
const joinList = uncurry(Array.prototype.join);
const repeatText = uncurry(String.prototype.repeat);
// The engine's Python side does not take ropes, which is how long texts are put together.
const flat = (text) => sliceText(text, 0);
const execute = uncurry(RegExp.prototype.exec);
const tagOf = uncurry(Object.prototype.toString);
const thenOf = uncurry(Promise.prototype.then);

// The engine makes template literals by calling concat, so a script that replaced it would write our texts.
defineProperty(String.prototype, "concat", { writable: false, configurable: false });

// The globals that scripts see; others go, those of a later engine included. Missing on purpose, for they tell
// one run or machine from another: performance, Atomics, SharedArrayBuffer, WeakRef, FinalizationRegistry; and
// DOMException, whose stack names our frames.
const GLOBALS =
  "Object Function Error EvalError RangeError ReferenceError SyntaxError TypeError URIError InternalError " +
  "AggregateError SuppressedError Iterator Array parseInt parseFloat isNaN isFinite queueMicrotask decodeURI " +
  "decodeURIComponent encodeURI encodeURIComponent escape unescape Infinity NaN undefined eval Number Boolean String " +
  "Math Reflect Symbol DisposableStack AsyncDisposableStack globalThis BigInt Date RegExp JSON Proxy Map Set WeakMap " +
  "WeakSet ArrayBuffer Uint8ClampedArray Int8Array Uint8Array Int16Array Uint16Array Int32Array Uint32Array " +
  "BigInt64Array BigUint64Array Float16Array Float32Array Float64Array DataView Promise btoa atob";
{
  const kept = new Set(GLOBALS.split(" "));
  for (const name of Reflect.ownKeys(globalThis)) if (!kept.has(name)) delete globalThis[name];
}

for (const [name, native] of [["atob", atob], ["btoa", btoa]]) {
  const convert = (text) => {
    try {
      return native(text);
    } catch {
      throw badRequest(`${name}: the text is not what it should be`);
    }
  };
  hide(globalThis, name, method(name, convert));
}

// The engine names every source <input>, so each has lines of its own; these are the scripts' ranges.
// That of the program is not known yet.
const program = { path: "", first: 0, last: 0 };
const ranges = [program];

function addRange(path, first, count) {
  ranges[ranges.length] = { path, first, last: first + count - 1 };
}

function placeOf(line) {
  for (let index = 0; index < ranges.length; index += 1) {
    const { path, first, last } = ranges[index];
    if (line >= first && line <= last) return `${path}:${line - first + 1}`;
  }
  return null;
}

const FRAME = /^ *at (?:(.*) \()?<input>:(\d+):(\d+)\)?$/;

// A stack of the scripts' frames only: those of the stubs and of built-ins say nothing to their authors.
function tidyStack(stack) {
  if (typeof stack !== "string") return "";
  const lines = splitText(stack, "\n");
  let shown = "";
  for (let index = 0; index < lines.length; index += 1) {
    const frame = execute(FRAME, lines[index]);
    const place = frame && placeOf(+frame[2]);
    if (place) shown += `    at ${frame[1] || "<anonymous>"} (${place}:${frame[3]})\n`;
  }
  return shown;
}

const nativeStack = uncurry(Object.getOwnPropertyDescriptor(Error.prototype, "stack").get);
const stackOf = (error) => tidyStack(nativeStack(error));
{
  const { set } = Object.getOwnPropertyDescriptor(Error.prototype, "stack");
  const get = method("stack", function () {
    const stack = nativeStack(this);
    return typeof stack === "string" && indexOfText(stack, "<input>") >= 0 ? tidyStack(stack) : stack;
  });
  defineProperty(Error.prototype, "stack", { get, set, configurable: true, enumerable: false });
  delete Error.captureStackTrace;
  delete Error.prepareStackTrace;
  Error.stackTraceLimit = 40;
}

// Where the script is, for traced runs: its innermost frame.
let traced = false;
const NativeError = Error;

function here() {
  const lines = splitText(nativeStack(new NativeError()), "\n");
  for (let index = 0; index < lines.length; index += 1) {
    const frame = execute(FRAME, lines[index]);
    const place = frame && placeOf(+frame[2]);
    if (place) return place;
  }
  return "";
}
