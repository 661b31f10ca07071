// require('lib/x'): shared code of the same app, CommonJS. A path counts from the app's folder, or from
// the requiring file if it begins with a dot.
const modules = { __proto__: null };
let nextLine = 0;

function resolve(from, name) {
  const base = name[0] === "." ? splitText(from, "/") : [];
  base.length = max(0, base.length - 1);
  const parts = splitText(name, "/");
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index];
    if (part === "..") base.length = max(0, base.length - 1);
    else if (part !== "." && part !== "") base[base.length] = part;
  }
  return joinList(base, "/");
}

function findSource(path) {
  const candidates = [path, `${path}.js`, `${path}.json`, `${path}/index.js`];
  for (let index = 0; index < candidates.length; index += 1) {
    const source = host.source(flat(candidates[index]));
    if (source !== null) return { path: candidates[index], source };
  }
  return null;
}

function loadModule(path, source) {
  const module = { exports: {} };
  modules[path] = module;
  if (sliceText(path, -5) === ".json") {
    module.exports = parse(source);
    return module;
  }
  const count = splitText(source, "\n").length;
  const first = nextLine + 1;
  nextLine += count + 2;
  addRange(path, first, count);
  // The opening line is the last one before the module's range.
  const code = `${repeatText("\n", first - 2)}(function (module, exports, require) {\n${source}\n${LAST_WORDS}})`;
  const given = module.exports;
  const last = apply(globalEval(code), given, [module, given, requireFrom({ path })]);
  // `exports = {…}` counts as `module.exports = {…}`, as it does where Freshworks' apps come from.
  if (module.exports === given && isLast(last)) module.exports = last.exports;
  return module;
}

const LAST_WORDS = "return {__proto__: null, exports};";
const isLast = (value) => typeof value === "object" && value !== null && getPrototypeOf(value) === null;

// Modules of ours, evaluated when a script asks for them: each would make every engine dearer.
const inner = { __proto__: null, call, shown, unveil, installed: () => installed, thrown: () => ScriptException };

function loadBuiltin(name) {
  const source = host.builtin(flat(name));
  if (source === null) return null;
  const module = { exports: {} };
  modules[`builtin:${name}`] = module;
  apply(globalEval(`(function (module, inner, require) { 'use strict'; ${source}\n})`), undefined, [
    module,
    inner,
    requireFrom({ path: "" }),
  ]);
  return module;
}

// from: the file that requires, which has a path.
function requireFrom(from) {
  return function require(name) {
    if (typeof name !== "string") throw badRequest(`require: ${shown(name)} is not allowed; expected a path`);
    const found = findSource(resolve(from.path, name));
    if (found === null) {
      const own = modules[`builtin:${name}`] ?? loadBuiltin(name);
      if (own === null) throw new ScriptException("notFound", `require: there is no script "${name}" in this app`);
      return own.exports;
    }
    if (found.path in modules) return modules[found.path].exports;
    try {
      return loadModule(found.path, found.source).exports;
    } catch (failure) {
      delete modules[found.path];
      throw failure;
    }
  };
}
