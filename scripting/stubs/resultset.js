// sys.commons.ResultSet: forward only; reads its first page at once, so that a wrong query fails
// where it was written, and each further page when the script gets there.
class ResultSet {
  #read;
  #count;
  #make;
  #items;
  #next;
  #index = 0;

  constructor(read, count, make) {
    if (typeof make !== "function") throw badRequest("a ResultSet comes from a query; it cannot be made by hand");
    this.#read = read;
    this.#count = count;
    this.#make = make;
    this.#load(null);
  }

  #load(cursor) {
    const page = this.#read(cursor);
    this.#items = page.items;
    this.#next = page.next ?? null;
    this.#index = 0;
  }

  hasNext() {
    while (this.#index >= this.#items.length && this.#next !== null) this.#load(this.#next);
    return this.#index < this.#items.length;
  }

  next() {
    if (!this.hasNext()) throw badRequest("The result set has no more elements; ask hasNext() first");
    const item = this.#items[this.#index];
    this.#index += 1;
    return this.#make(item);
  }

  count() {
    return this.#count();
  }

  toArray() {
    const all = [];
    while (this.hasNext()) {
      if (all.length >= table.arrayLimit) {
        const message = `toArray() takes up to ${table.arrayLimit} elements; read larger results with next()`;
        throw new ScriptException("systemException", message);
      }
      all[all.length] = this.next();
    }
    return all;
  }

  close() {
    this.#items = [];
    this.#next = null;
    this.#index = 0;
  }

  *[Symbol.iterator]() {
    while (this.hasNext()) yield this.next();
  }
}
