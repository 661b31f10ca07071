// Stubs as one writes them at first: on the globals, through the prototypes, with real modules at hand.
var process = { env: {}, binding: (name) => ({ name }), mainModule: { require: (name) => ({ name }) } };
var os = { exec: () => "BROKEN" };
var std = { loadFile: () => "BROKEN", getenv: () => "BROKEN" };
var modules = { os, std, fs: { readFileSync: () => "BROKEN" }, child_process: { execSync: () => "BROKEN" } };
function require(name) {
  return modules[String(name).split("/").pop()] || {};
}
class ScriptException extends Error {
  constructor(code, message, additionalInfo) {
    super(message);
    Object.assign(this, { _code: code, _info: additionalInfo });
  }
}
class Job {
  constructor(raw) {
    this.raw = raw;
  }
  id() {
    return this.raw.id;
  }
}
class Record extends Job {
  field(name) {
    return { val: (value) => (value === undefined ? this.raw.data[name] : (this.raw.data[name] = value)) };
  }
}
var record = new Record({ id: "R1", entity: "companies", label: "A", version: 1, data: { name: "A" } });
function call(method, args) {
  hostCall(method, JSON.stringify(args));
  return args;
}
function log() {
  call("jobs.log", [null, "INFO", [].slice.call(arguments).map((x) => String(x)).join(" ")]);
}
var console = { log };
var sys = {
  jobs: {
    find: function find(query) {
      return call("jobs.find", [query]);
    },
    findById: (id) => new Job({ id }),
    cancel: (id) => {
      throw Object.assign(new Error("no"), { host: { call }, stack: "at /usr/lib/python3/host.py:1" });
    },
    logInfo: (text) => call("jobs.log", [null, "INFO", text]),
    getCurrentJobId: () => call("jobs.currentId", []),
    executeInJob: function executeInJob(items, queue, callback) {
      return items.map((item) => callback.call({ host: call, item }, item));
    },
  },
  data: { save: (record) => call("data.save", [record.raw]) },
  exceptions: { ScriptException },
};
var performance = { now: () => 1 };
var gc = () => {};
