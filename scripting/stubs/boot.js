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
  const names = keys(given);
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index];
    const named = name === "record" || name === "oldRecord";
    const value = named && looksLikeRecord(given[name]) ? makers.record(given[name]) : given[name];
    defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true });
  }
}

function start(script, variables, names, tracing) {
  traced = tracing;
  declare(variables);
  try {
    const value = apply(script, undefined, names ? mapList(parse(names), (name) => globalThis[name]) : []);
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
  program.path = path;
  program.first = first;
  program.last = first + lines - 1;
  nextLine = first + lines + 1;
}

hide(globalThis, "require", requireFrom(program));

// Without a list of the arguments, which each run would make.
return (step, first, second, third, fourth) => {
  if (step === "program") return setProgram(first, second, third);
  return step === "start" ? start(first, second, third, fourth) : finish();
};
