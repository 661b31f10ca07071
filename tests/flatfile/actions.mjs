// Every call of the vendor's `api.actions`, and seed 001's action in a workbook (ACTION, its text): declared, triggered, done by its listener.
import { stripTypeScriptTypes } from "node:module";
import { FlatfileClient } from "@flatfile/api";
import { FlatfileListener } from "@flatfile/listener";
import { jobHandler } from "@flatfile/plugin-job-handler";
import { serve } from "./flatfile.js";

const api = new FlatfileClient();
const seen = {};
const refused = (run, text) => {
  try {
    run(text);
  } catch (error) {
    return [error.name, error.message];
  }
};
seen.javascript = refused((text) => new Function(text), process.env.ACTION);
seen.typescript = refused(stripTypeScriptTypes, process.env.ACTION);
const workbook = new Function(`${process.env.ACTION.replace("const workbook:", "const workbook =")} return workbook;`)();

const spaceId = "us_sp_1";
const [action] = workbook.actions;
seen.created = (await api.actions.create({ spaceId, body: { ...action, targetId: "us_wb_1" } })).data;
seen.isDate = seen.created.createdAt instanceof Date;
const { id } = seen.created;
seen.got = (await api.actions.get(id)).data;
const more = ["One", "Two"].map((label) => ({ label, operation: "more", targetId: "us_sh_1" }));
await api.actions.bulkCreate({ spaceId, body: more });
seen.all = await api.actions.getAll({ spaceId });
seen.updated = (await api.actions.update(id, { label: "Send", primary: true })).data;

// What a button of a user interface does: the vendor's client has no call for it.
const { FLATFILE_API_URL, FLATFILE_BEARER_TOKEN } = process.env;
const headers = { Authorization: `Bearer ${FLATFILE_BEARER_TOKEN}` };
const job = (await (await fetch(`${FLATFILE_API_URL}/v1/actions/${id}/trigger`, { method: "POST", headers })).json()).data;

const done = new AbortController();
const listener = new FlatfileListener();
listener.use(
  jobHandler("workbook:export", async (event) => {
    seen.heard = event.action;
    setTimeout(() => done.abort());
    return { outcome: { message: "Export completed successfully" } };
  }),
);
await serve(listener, { signal: done.signal });
seen.outcome = (await api.jobs.get(job.id)).data.outcome;

seen.deleted = await api.actions.delete(id);
try {
  await api.actions.get(id);
} catch (error) {
  seen.gone = [error.statusCode, error.body.errors];
}
seen.left = (await api.actions.getAll({ spaceId })).map(({ label }) => label);
console.log(JSON.stringify(seen));
