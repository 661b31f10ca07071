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
  const code = `${repeatText("\n", first - 2)}(function (module, exports, require) {\n${source}\n})`;
  apply(globalEval(code), module.exports, [module, module.exports, requireFrom(path)]);
  return module;
}

function requireFrom(from) {
  return function require(name) {
    if (typeof name !== "string") throw badRequest(`require: ${shown(name)} is not allowed; expected a path`);
    const found = findSource(resolve(from, name));
    if (found === null) throw new ScriptException("notFound", `require: there is no script "${name}" in this app`);
    if (found.path in modules) return modules[found.path].exports;
    try {
      return loadModule(found.path, found.source).exports;
    } catch (failure) {
      delete modules[found.path];
      throw failure;
    }
  };
}
