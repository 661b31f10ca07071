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
let last = Infinity;
// Every listener goes on until it has heard of the last event.
const heard = new Map();
const hear = (listener) => (n) => {
  heard.set(listener, n);
  if ([...heard.values()].every((each) => each >= last)) done.abort();
};
const start = (listener) => {
  heard.set(listener, 0);
  return serve(listener, { signal: done.signal, cursor: 0, onCursor: hear(listener) });
};

const watch = new FlatfileListener();
watch.on("job:*", ({ src, topic, context, payload }) => {
  events.push({ topic, ...context, status: payload.status, progress: payload.progress, info: payload.info });
  if (topic === "job:outcome-acknowledged" && --wanted === 0) last = Number(src.id);
});
watch.on("job:completed", ({ context }) => api.jobs.ackOutcome(context.jobId));
watch.on("job:failed", ({ context }) => api.jobs.ackOutcome(context.jobId));

const modules = await Promise.all(process.env.MODULES.split(",").map((name) => import(`./${name}`)));
for (const { listener, begin } of modules) await begin?.(listener);
await Promise.all([watch, ...modules.map(({ listener }) => listener)].map(start));
const { cleaned, behind, given } = globalThis;
process.stdout.write(JSON.stringify({ events, logged, cleaned, behind, given }));
