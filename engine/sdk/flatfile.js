// Brings Headrace's events and jobs to a FlatfileListener, in Node 18 and later. Copy this file; it needs nothing else.
//
//   import { FlatfileListener } from "@flatfile/listener";
//   import { jobHandler } from "@flatfile/plugin-job-handler";
//   import { serve } from "./flatfile.js";
//
//   const listener = new FlatfileListener();
//   listener.use(jobHandler("space:configure", async (event, tick) => { … }));
//   await serve(listener);
//
// The listener's process is a worker: it has a lease while it polls, and if it dies its jobs are tried again elsewhere. The
// address and the token are those of the vendor's own packages: FLATFILE_API_URL, FLATFILE_BEARER_TOKEN.

const PAUSE_MS = 1000;
const WAIT_MS = 10_000;

// What a server answered that is not news: `status`, and the `code` and message of its error.
export class HeadraceError extends Error {
  constructor(status, body) {
    super(body?.message ?? `the server answered with ${status}`);
    this.status = status;
    this.code = body?.code;
  }
}

// The jobs that a listener has handlers for: those that its callbacks of job:ready name in their filters.
export function handled(listener) {
  const own = listener.listeners.filter(([topic]) => [topic].flat().some((each) => each === "job:ready"));
  const named = own.flatMap(([, filter]) => (filter && typeof filter === "object" ? [filter.job ?? []].flat() : []));
  const below = listener.nodes.flatMap(handled);
  return [...new Set([...named, ...below])].filter((name) => typeof name === "string" && !name.includes("*"));
}

// The listener, with middleware: `listener.use(async (event, next) => …)` lies around all that it does with an event. The vendor's
// own `use` calls whatever it is given with the listener, as a plugin; what takes one argument still is one. Who does not call
// `next` keeps the event.
//
//   const listener = withMiddleware(new FlatfileListener());
export function withMiddleware(listener) {
  const { use, dispatchEvent } = listener;
  const layers = [];
  const through = (event, n) =>
    n < layers.length ? layers[n](event, () => through(event, n + 1)) : dispatchEvent.call(listener, event);
  listener.dispatchEvent = async (event) => through(event, 0);
  listener.use = (part) => {
    if (part.length < 2) return use.call(listener, part);
    layers.push(part);
    return listener;
  };
  return listener;
}

// Dispatches events to the listener until `signal` aborts; then waits for the handlers that run, and leaves.
//
//   url, token  of the API; else those of the environment
//   jobs        the handlers that this process has; else those that `handled` finds
//   slots       how many jobs it does at once
//   cursor      the event behind which to begin; else only what happens from now on
//   onCursor    told of each event's number once it was dispatched, so that a process may go on where it was
//   onError     told of what went wrong on the way, and is tried again
//   signal      an AbortSignal
export async function serve(listener, options = {}) {
  await new Listening(listener, options).run();
}

class Listening {
  constructor(listener, options) {
    const { env } = process;
    this.listener = listener;
    this.url = (options.url ?? env.FLATFILE_API_URL ?? "").replace(/\/+$/, "").replace(/\/v1$/, "");
    this.token = options.token ?? env.FLATFILE_BEARER_TOKEN ?? env.FLATFILE_API_KEY;
    this.jobs = options.jobs ?? handled(listener);
    this.name = options.name ?? `node ${process.pid}`;
    this.slots = options.slots ?? 1;
    this.signal = options.signal;
    this.cursor = options.cursor;
    this.onCursor = options.onCursor ?? (() => {});
    this.onError = options.onError ?? ((error) => console.error(`headrace: ${error.message}`));
    this.held = new Map();
    this.told = Promise.resolve();
    if (!this.url || !this.token) {
      throw new TypeError("serve: set FLATFILE_API_URL and FLATFILE_BEARER_TOKEN, or give url and token");
    }
  }

  async run() {
    while (!this.signal?.aborted) {
      try {
        if (this.id === undefined) await this.register();
        await this.poll();
      } catch (error) {
        await this.failed(error);
      }
    }
    await this.leave();
  }

  async register() {
    const { data } = await this.call("POST", "/v1/listeners", { jobs: this.jobs, name: this.name, slots: this.slots });
    this.id = data.id;
    this.waitMs = Math.min(WAIT_MS, data.pollMs);
    this.cursor ??= data.cursor;
  }

  async poll(signal = this.signal) {
    const held = [...this.held.keys()];
    const free = this.signal?.aborted ? 0 : Math.max(0, this.slots - held.length);
    const wants = { after: this.cursor, free, held, waitMs: this.waitMs };
    const { data } = await this.call("POST", `/v1/listeners/${this.id}/poll`, wants, signal);
    for (const ref of data.released) this.held.delete(ref);
    for (const event of data.events) this.take(event);
    this.cursor = data.cursor;
  }

  // A job's start runs beside everything else; all other events are dispatched one after the other, in their order.
  take(event) {
    const ref = event.context.jobId;
    if (event.topic === "job:ready" && ref.includes(".")) {
      // What came too late goes back when this process leaves.
      if (this.held.has(ref) || this.signal?.aborted) return;
      this.held.set(ref, this.told.then(() => this.listener.dispatchEvent(event)).catch(this.onError));
      return;
    }
    this.told = this.told
      .then(() => this.listener.dispatchEvent(event))
      .catch(this.onError)
      .then(() => this.onCursor(Number(event.id)));
  }

  async failed(error) {
    if (this.signal?.aborted) return;
    if (error.status === 404) {
      // Declared dead: others have its jobs, and refuse what its handlers still answer.
      this.id = undefined;
      this.held.clear();
      return;
    }
    if (error.status === 401 || error.status === 403 || error.status === 400) throw error;
    this.onError(error);
    await new Promise((resolve) => setTimeout(resolve, error.retryMs ?? PAUSE_MS));
  }

  // Keeps the lease while handlers end what they do.
  async leave() {
    const over = Promise.allSettled([...this.held.values(), this.told]);
    let running = true;
    over.then(() => (running = false));
    this.waitMs = 0;
    while (running && this.id !== undefined) {
      await Promise.race([over, new Promise((resolve) => setTimeout(resolve, PAUSE_MS))]);
      if (running) await this.poll(null).catch(this.onError);
    }
    if (this.id !== undefined) await this.call("DELETE", `/v1/listeners/${this.id}`, undefined, null).catch(this.onError);
  }

  async call(method, path, body, signal = this.signal) {
    const response = await fetch(this.url + path, {
      method,
      signal,
      headers: { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (response.ok) return response.status === 204 ? null : response.json();
    const error = new HeadraceError(response.status, await response.json().catch(() => null));
    const seconds = Number(response.headers.get("Retry-After"));
    if (seconds > 0) error.retryMs = seconds * 1000;
    throw error;
  }
}
