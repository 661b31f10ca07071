// What the jobs of Freshworks' apps find (seed 000): a function of server.js with $job, renderData and iparams.
const { call, shown, installed } = inner;
const global = (name, value) => Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });

global(
  "$job",
  Object.freeze({
    async updateStatusMessage(message) {
      call("jobs.progress", [null, typeof message === "string" ? message : shown(message)]);
    },
  }),
);

// The first call counts: the job's data, or the error with which the job ends once its function has.
let rendered = null;
global("renderData", function renderData(error, data) {
  rendered ??= { error: error ?? null, data: data ?? null };
});

const failure = ({ error }) =>
  typeof error === "object" && typeof error.message === "string" ? error : new Error(shown(error));

module.exports.run = async function run(path, name, payload) {
  const job = require(path)[name];
  if (typeof job !== "function") {
    throw new (inner.thrown())("notFound", `${path} exports no function "${name}", which manifest.json names as a job`);
  }
  const value = await job({ ...payload, iparams: installed() ?? {} });
  if (rendered === null) return value;
  if (rendered.error !== null) throw failure(rendered);
  return rendered.data;
};
