// `sys`, `log` and `console`: the table's namespaces, and the few calls that are more than arrangement.
const sys = { jobs: {}, data: {}, users: {}, events: {}, app: {}, schedules: {}, utils: { script: {} },
  exceptions, commons: { ResultSet } };

for (const path of keys(table.namespaces)) {
  let namespace = sys;
  for (const part of splitText(path, ".")) namespace = namespace[part];
  const texts = table.namespaces[path];
  const names = keys(texts);
  for (let index = 0; index < names.length; index += 1) {
    namespace[names[index]] = apiMethod(names[index], texts[names[index]]);
  }
}

// The parent gets the ids of its children. In a child the callback runs over its share, and the run ends
// there: what follows in the script is the parent's. No try, catch or finally of the script keeps it alive.
sys.jobs.executeInJob = function executeInJob(items, queue, callback, step) {
  if (typeof callback !== "function") {
    throw badRequest(`callback: ${shown(callback)} is not allowed; expected a function of one item`);
  }
  const list = items instanceof ResultSet ? items.toArray() : items;
  const reply = call("jobs.executeInJob", [list, queue ?? null, step ?? null]);
  if (reply.ids) return reply.ids;
  endRun(shareOutcome(reply.items, callback));
};

function shareOutcome(items, callback) {
  try {
    return returned(mapList(items, (item) => callback(item)));
  } catch (error) {
    return threw(error);
  }
}

// The host keeps the outcome and takes memory and stack away from the engine: nothing runs after this.
function endRun(outcome) {
  host.end(outcome);
  throw null;
}

function checkRecord(record) {
  if (typeof record === "object" && record !== null && isRecord(record)) return rawOf(record);
  throw badRequest(`record: ${shown(record)} is not allowed; expected a record`);
}

sys.data.save = function save(record) {
  const { entity, id, version, data } = checkRecord(record);
  const saved = call("data.save", [entity, { id: id ?? null, version: version ?? 0, data: data ?? {} }]);
  refresh(record, saved);
  return record;
};

sys.data.remove = function remove(record) {
  const { entity, id } = checkRecord(record);
  return call("data.remove", [entity, id ?? null]);
};

const writeLog = (level) => (...values) => {
  call("jobs.log", [null, level, joinList(mapList(values, shown), " ")]);
};

for (const namespace of [sys.jobs, sys.data, sys.users, sys.events, sys.app, sys.schedules, sys.utils.script, sys.utils,
  sys.exceptions, sys.commons, sys]) {
  freeze(namespace);
}
hide(globalThis, "sys", sys);
hide(globalThis, "ScriptException", ScriptException);
hide(globalThis, "log", method("log", writeLog("INFO")));
const info = writeLog("INFO");
const error = writeLog("ERROR");
hide(globalThis, "console", { log: info, info, debug: info, warn: info, error });
