// A process with a handler of space:configure; with HANG it stops in the middle of its first job, and is killed there.
import { FlatfileClient } from "@flatfile/api";
import { FlatfileListener } from "@flatfile/listener";
import { jobHandler } from "@flatfile/plugin-job-handler";
import { serve } from "./flatfile.js";

const done = new AbortController();
const listener = new FlatfileListener();
listener.use(
  jobHandler("space:configure", async (event, tick) => {
    await tick(50, "Halfway there!");
    console.log(event.context.jobId);
    if (process.env.HANG) await new Promise((resolve) => setTimeout(resolve, 1e9));
    setTimeout(() => done.abort());
    return { outcome: { message: `by ${process.env.NAME}` } };
  }),
);
await serve(listener, { signal: done.signal, name: process.env.NAME });
