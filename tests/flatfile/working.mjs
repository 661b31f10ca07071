// Runs each of the samples in SAMPLES (texts, as JSON) on a job of its own; prints what became of the jobs.
import { FlatfileClient } from "@flatfile/api";

const api = new FlatfileClient();
const AsyncFunction = (async () => {}).constructor;
const processJob = async () => {
  throw new Error("no rows");
};
const config = { type: "space", operation: "configure", source: "us_sp_1", trigger: "immediate" };
const jobs = [];
for (const sample of JSON.parse(process.env.SAMPLES)) {
  const jobId = (await api.jobs.create(config)).data.id;
  await api.jobs.ack(jobId);
  await new AsyncFunction("api", "jobId", "processJob", sample)(api, jobId, processJob);
  const { status, progress, info, outcome } = (await api.jobs.get(jobId)).data;
  jobs.push({ status, progress, info, outcome });
}
console.log(JSON.stringify(jobs));
