// What runs behind `const mutateRecord = (…);` in a preview: the function is called with each record of `params.records`, and what it
// makes of them is the result. Records are what the vendor's hooks know: get, set, compute, addInfo, addWarning, addError.

class FlatfileRecord {
  constructor({ id, values }) {
    this.id = id;
    this.values = values;
    this.messages = [];
  }

  get(field) {
    return this.values[field] ?? null;
  }

  set(field, value) {
    this.values[field] = value ?? null;
    return this;
  }

  compute(field, make, message) {
    this.set(field, make(this.get(field), this));
    return message === undefined ? this : this.addInfo(field, message);
  }

  addInfo(fields, message) {
    return this.add("info", fields, message);
  }

  addWarning(fields, message) {
    return this.add("warn", fields, message);
  }

  addError(fields, message) {
    return this.add("error", fields, message);
  }

  add(type, fields, message) {
    for (const field of [fields].flat()) this.messages.push({ field: String(field), type, message: String(message) });
    return this;
  }
}

if (typeof mutateRecord !== "function") throw new Error("it is no function");
return params.records.map((given) => {
  const record = new FlatfileRecord(given);
  const returned = mutateRecord(record);
  if (returned !== undefined && returned !== record) throw new Error("it returned something else than the record");
  const { id, values, messages } = record;
  return { id, values, messages };
});
