// Job, JobLog and Record: snapshots whose methods come from the table that both languages follow.
class Snapshot {
  #raw;

  constructor(raw) {
    this.#raw = raw;
  }

  static raw(object) {
    return object.#raw;
  }

  static isOne(object) {
    return #raw in object;
  }

  static replace(object, raw) {
    object.#raw = raw;
  }
}
const { raw: rawOf, replace: replaceRaw, isOne: isSnapshot } = Snapshot;
delete Snapshot.raw;
delete Snapshot.replace;
delete Snapshot.isOne;
const isRecord = (value) => isSnapshot(value) && value instanceof Record;

class JobLog extends Snapshot {
  toJSON() {
    return rawOf(this);
  }
}

class Job extends Snapshot {
  waiting() {
    const { createDate, startDate, endDate } = rawOf(this);
    return createDate ? max(0, dateTime(startDate ?? endDate ?? new NativeDate(now())) - dateTime(createDate)) : 0;
  }

  duration() {
    const { startDate, endDate } = rawOf(this);
    return startDate ? max(0, dateTime(endDate ?? new NativeDate(now())) - dateTime(startDate)) : 0;
  }

  toJSON() {
    return rawOf(this);
  }
}

class Field {
  #data;
  #name;

  constructor(data, name) {
    this.#data = data;
    this.#name = name;
  }

  name() {
    return this.#name;
  }

  val(...values) {
    if (values.length) {
      const value = values[0] === undefined ? null : values[0];
      defineProperty(this.#data, this.#name, { value, writable: true, configurable: true, enumerable: true });
    }
    return hasOwn(this.#data, this.#name) ? this.#data[this.#name] : null;
  }
}

class Record extends Snapshot {
  field(name) {
    if (typeof name !== "string") throw badRequest(`name: ${shown(name)} is not allowed; expected a field's name`);
    const raw = rawOf(this);
    raw.data ??= {};
    return new Field(raw.data, name);
  }

  isNew() {
    return (rawOf(this).id ?? null) === null;
  }

  toJson() {
    return recordJson(this);
  }

  fromJson(values) {
    if (typeof values !== "object" || values === null) {
      throw badRequest(`fromJson: ${shown(values)} is not allowed; expected an object of fields`);
    }
    const names = keys(values);
    for (let index = 0; index < names.length; index += 1) {
      const name = names[index];
      if (name !== "id" && name !== "label") this.field(name).val(values[name]);
    }
    return this;
  }

  toJSON() {
    return recordJson(this);
  }
}

function recordJson(record) {
  const { id, label, data } = rawOf(record);
  return { id: id ?? null, label: label ?? null, ...data };
}

const makers = {
  value: (value) => value,
  job: (value) => (value === null ? null : new Job(value)),
  firstJob: (value) => new Job(value[0]),
  jobList: (value) => mapList(value, (item) => new Job(item)),
  record: (value) => (value === null || isRecord(value) ? value : new Record(value)),
  jobs: (value) => new Job(value),
  logs: (value) => new JobLog(value),
  records: (value) => new Record(value),
};

function mapList(list, make) {
  const made = [];
  for (let index = 0; index < list.length; index += 1) made[index] = make(list[index], index);
  return made;
}

// The arguments for the host: `own` is the snapshot of the object whose method is called, if any.
function arrange(spec, given, own) {
  const args = [];
  let index = 0;
  for (let at = 0; at < spec.args.length; at += 1) {
    const part = spec.args[at];
    if (part.kind === "fixed") args[args.length] = part.value;
    else if (part.kind === "own") args[args.length] = part.as_query ? { id: own[part.key] } : own[part.key];
    else if (part.leading && given.length < spec.expected) args[args.length] = null;
    else {
      const value = given[index] ?? part.default;
      args[args.length] = part.listed && !isArray(value) ? [value] : value;
      index += 1;
    }
  }
  return args;
}

function append(list, item) {
  const longer = mapList(list, makers.value);
  longer[longer.length] = item;
  return longer;
}

// A method of `sys` or of a snapshot. What it does stands in the table as JSON text, since a run needs little of that.
function apiMethod(name, text) {
  let spec = null;
  return {
    [name]: function (...given) {
      spec ??= parse(text);
      const make = makers[spec.result];
      if (spec.call === null) return make(rawOf(this)[spec.key] ?? null);
      const args = arrange(spec, given, spec.own ? rawOf(this) : null);
      if (spec.result === "refreshed") return refresh(this, call(spec.call, args));
      if (spec.count === null) return make(call(spec.call, args));
      return new ResultSet((cursor) => call(spec.call, append(args, cursor)), () => call(spec.count, args), make);
    },
  }[name];
}

function refresh(record, fresh) {
  if (fresh === null) return false;
  replaceRaw(record, isRecord(fresh) ? rawOf(fresh) : fresh);
  return true;
}

function addMethods(type, texts) {
  const names = keys(texts);
  for (let index = 0; index < names.length; index += 1) {
    hide(type.prototype, names[index], apiMethod(names[index], texts[names[index]]));
  }
}

addMethods(Job, table.objects.Job);
addMethods(JobLog, table.objects.JobLog);
addMethods(Record, table.objects.Record);
