// The life of a run: start it, let promises settle, finish it. Outcomes are JSON text for the host.
const MAX_TEXT = 16384;
const returned = (value) => flat(`{"value":${encodeResult(value, "result")}}`);
const cut = (text) => (text.length > MAX_TEXT ? `${sliceText(text, 0, MAX_TEXT)}...` : text);

function threw(error) {
  if (error instanceof InternalFailure && error.message === "out of memory") return '{"memory":true}';
  // So full that not even the error found room, or a script's `throw null`: the host's side knows.
  if (error === null) return '{"null":true}';
  try {
    return flat(`{"threw":${stringify(described(error))}}`);
  } catch {
    return '{"threw":{"code":"javascriptException","message":"The script threw something that has no text"}}';
  }
}

function described(error) {
  const scripted = isScriptException(error);
  return {
    __proto__: null,
    code: scripted ? veil(exceptionParts(error).code) : "javascriptException",
    message: cut(veil(scripted || !isError(error) ? messageOf(error) : errorText(error))),
    info: scripted ? infoText(exceptionParts(error).additionalInfo) : "{}",
    stack: typeof error === "object" && error !== null ? cut(veil(stackOf(error))) : "",
  };
}

function errorText(error) {
  return error.name === "Error" ? messageOf(error) : `${asText(error.name)}: ${messageOf(error)}`;
}

function infoText(info) {
  try {
    return encodeResult(info, "additionalInfo");
  } catch {
    return "{}";
  }
}

let outcome = null;

function settle(value) {
  try {
    outcome = returned(value);
  } catch (error) {
    outcome = threw(error);
  }
}

function looksLikeRecord(value) {
  return typeof value === "object" && value !== null && "id" in value && "entity" in value && "data" in value;
}

function declare(variables) {
  const given = revive(parse(variables));
  if (given.$installed) conceal(given.$installed);
  delete given.$installed;
  for (const name of keys(given)) {
    const named = name === "record" || name === "oldRecord";
    const value = named && looksLikeRecord(given[name]) ? makers.record(given[name]) : given[name];
    defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true });
  }
}

function start(script, variables, words, names, tracing) {
  traced = tracing;
  seedRandom(parse(words));
  declare(variables);
  try {
    const value = apply(script, undefined, mapList(parse(names), (name) => globalThis[name]));
    if (value instanceof NativePromise) thenOf(value, settle, (error) => (outcome = threw(error)));
    else settle(value);
  } catch (error) {
    outcome = threw(error);
  }
}

function finish() {
  const message = "The script returned a promise that never settles";
  return outcome ?? threw(new ScriptException("javascriptException", message));
}

function setProgram(path, first, lines) {
  addRange(path, first, lines);
  nextLine = first + lines + 1;
  hide(globalThis, "require", requireFrom(path));
}

const steps = { __proto__: null, program: setProgram, start, finish };
return (step, ...args) => apply(steps[step], null, args);
