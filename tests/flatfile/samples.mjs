// Serves the samples of seeds 001 and 002 until so many outcomes are acknowledged; prints every event of the app.
import { FlatfileClient } from "@flatfile/api";
import { FlatfileListener } from "@flatfile/listener";
import { serve } from "./flatfile.js";

const logged = [];
console.log = (...said) => logged.push(said.join(" "));
const api = new FlatfileClient();
const done = new AbortController();
const events = [];
let wanted = Number(process.env.WANTED);

const watch = new FlatfileListener();
watch.on("job:*", ({ topic, context, payload }) => {
  events.push({ topic, ...context, status: payload.status, progress: payload.progress, info: payload.info });
  if (topic === "job:outcome-acknowledged" && --wanted === 0) done.abort();
});
watch.on("job:completed", ({ context }) => api.jobs.ackOutcome(context.jobId));
watch.on("job:failed", ({ context }) => api.jobs.ackOutcome(context.jobId));

const modules = await Promise.all(process.env.MODULES.split(",").map((name) => import(`./${name}`)));
for (const { listener, begin } of modules) await begin?.(listener);
const serving = modules.map(({ listener }) => serve(listener, { signal: done.signal, cursor: 0 }));
await Promise.all([serve(watch, { signal: done.signal, cursor: 0 }), ...serving]);
const { cleaned, behind, given } = globalThis;
process.stdout.write(JSON.stringify({ events, logged, cleaned, behind, given }));
