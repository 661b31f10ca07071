// Runs each of the samples in SAMPLES (texts, as JSON) on a job of its own; prints what it sent, and what became of the job.
// Of TYPES it prints what is left of them without their types.
import { stripTypeScriptTypes } from "node:module";
import { FlatfileClient } from "@flatfile/api";

const api = new FlatfileClient();
const AsyncFunction = (async () => {}).constructor;
const { fetch } = globalThis;
let sent;
globalThis.fetch = (url, request) => {
  sent = request.body === undefined ? undefined : JSON.parse(request.body);
  return fetch(url, request);
};
const processJob = async () => {
  throw new Error("no rows");
};
const config = { type: "space", operation: "configure", source: "us_sp_1", trigger: "immediate" };
const jobs = [];
for (const sample of JSON.parse(process.env.SAMPLES)) {
  const jobId = (await api.jobs.create(config)).data.id;
  await api.jobs.ack(jobId);
  await new AsyncFunction("api", "jobId", "processJob", stripTypeScriptTypes(sample))(api, jobId, processJob);
  const body = sent;
  const { status, progress, info, outcome } = (await api.jobs.get(jobId)).data;
  jobs.push({ status, progress, info, outcome, sent: body });
}
const types = JSON.parse(process.env.TYPES).map((text) => stripTypeScriptTypes(text).trim());
console.log(JSON.stringify({ jobs, types }));
