// Ductape's `product.jobs` (seed 004) for JavaScript, over Headrace's HTTP API: Node 18 or newer, or a browser. The
// API serves this file at /ductape/client.js.
//
//   import { Ductape } from "https://jobs.example.org/ductape/client.js";
//   const ductape = new Ductape({ token });
//   await ductape.product.jobs.create({ name: "Example Job", tag: "example_job", ... });
//
// docs/from-ductape.md says which of that vendor's words is which of ours.

/** What a job may execute. */
export const JobEventTypes = Object.freeze({
  ACTION: "ACTION",
  NOTIFICATION: "NOTIFICATION",
  DATABASE_ACTION: "DATABASE_ACTION",
  FUNCTION: "FUNCTION",
  MESSAGEBROKER: "MESSAGEBROKER",
});

/** What the API refused: `code`, `status`, `message` and `additionalInfo`. */
export class DuctapeError extends Error {
  constructor(status, problem) {
    super(problem.message || `HTTP ${status}`);
    this.name = "DuctapeError";
    this.status = status;
    this.code = problem.code || "systemException";
    this.additionalInfo = problem.additionalInfo || {};
  }
}

// Without a tag the address would be that of all jobs.
const named = (tag) => {
  if (typeof tag === "string" && tag !== "") return tag;
  const value = JSON.stringify(tag) ?? "undefined";
  const additionalInfo = { field: "tag", value, allowed: "the tag of a job" };
  const message = `tag: ${value} is not allowed; expected the tag of a job`;
  throw new DuctapeError(400, { code: "badRequest", message, additionalInfo });
};

const served = () => new URL("..", import.meta.url).href;

/** A client with a token; `url` is the API's, by default where this file came from. `product.jobs` has create, update, fetch and fetchAll. */
export class Ductape {
  constructor({ token, url = served() }) {
    const call = async (method, tag, body) => {
      const path = tag === undefined ? "" : `/${encodeURIComponent(tag)}`;
      const headers = { Authorization: `Bearer ${token}` };
      if (body !== undefined) headers["Content-Type"] = "application/json";
      const response = await fetch(`${url.replace(/\/+$/, "")}/ductape/jobs${path}`, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const answer = await response.json().catch(() => ({}));
      if (!response.ok) throw new DuctapeError(response.status, answer);
      return answer;
    };
    this.product = {
      jobs: {
        create: (details) => call("POST", undefined, details ?? null),
        update: async (tag, data) => call("PATCH", named(tag), data ?? null),
        fetch: async (tag) => call("GET", named(tag)),
        fetchAll: () => call("GET"),
      },
    };
  }
}

export default Ductape;
