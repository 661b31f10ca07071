// Freshworks' `client.job` (seed 000) for browsers and Node 18 or newer, over Headrace's HTTP API, which serves this
// file at /freshworks/client.js.
//
//   import { connect } from "https://jobs.example.org/freshworks/client.js";
//   const client = connect({ token });
//   const jobId = await client.job.invoke("sample_job", "some_tag", { ticketId: 12345 });
//
// docs/from-freshworks.md says which of that vendor's words is which of ours.

/** What the API refused: `code`, `status`, `message` and `additionalInfo`. */
export class JobError extends Error {
  constructor(status, problem) {
    super(problem.message || `HTTP ${status}`);
    this.name = "JobError";
    this.status = status;
    this.code = problem.code || "systemException";
    this.additionalInfo = problem.additionalInfo || {};
  }
}

const served = () => new URL("..", import.meta.url).href;

/** A client with a token; `url` is the API's, by default where this file came from. */
export function connect({ token, url = served() }) {
  const call = async (method, path, body) => {
    const headers = { Authorization: `Bearer ${token}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const response = await fetch(`${url.replace(/\/+$/, "")}/freshworks/jobs${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new JobError(response.status, answer);
    return answer;
  };
  const job = {
    /** invoke(name, tag, payload) or invoke(name, payload): the job's id. */
    async invoke(name, ...rest) {
      const [tag, payload] = rest.length > 1 || typeof rest[0] === "string" ? rest : [undefined, rest[0]];
      const { id } = await call("POST", "", { name, tag, payload });
      return id;
    },
    /** The job: id, name, tag, start_time, end_time (once it has ended), status, status_message. */
    get: (id) => call("GET", `/${encodeURIComponent(id)}`),
  };
  return { job, jobs: job };
}
