// Every call of the vendor's `api.jobs`, against the server that FLATFILE_API_URL names; prints what each answered.
import { FlatfileClient } from "@flatfile/api";

const api = new FlatfileClient();
const seen = {};
const refused = async (promise) => {
  try {
    await promise;
    return null;
  } catch (error) {
    return [error.constructor.name, error.statusCode, error.body.code, error.body.message, error.body.errors];
  }
};

const config = { type: "workbook", operation: "customOperation", source: "us_wb_1", metadata: { team: "a" } };
const made = await api.jobs.create({ ...config, input: { rows: 3 }, mode: "foreground", destination: "us_wb_2" });
const { id } = made.data;
seen.created = made.data;
seen.isDate = made.data.createdAt instanceof Date;
seen.planned = await api.jobs.updateExecutionPlan(id, {
  fileId: "us_fl_1",
  jobId: id,
  fieldMapping: [],
  unmappedSourceFields: [],
  unmappedDestinationFields: [],
  programId: "p1",
});
seen.plan = await api.jobs.getExecutionPlan(id);
seen.executed = await api.jobs.execute(id);
seen.again = await refused(api.jobs.execute(id));
seen.ready = (await api.jobs.get(id)).data;
seen.acked = (await api.jobs.ack(id, { info: "Starting export...", progress: 10, estimatedCompletionAt: new Date("2030-01-01T12:00:00Z") })).data;
seen.updated = (await api.jobs.update(id, { progress: 50, info: "Processing: 50% complete", metadata: { team: "b" } })).data;
seen.completed = (
  await api.jobs.complete(id, {
    outcome: {
      heading: "Process Complete",
      message: "Operation completed",
      buttonText: "Continue",
      acknowledge: true,
      next: { type: "id", id: "space_id", path: "files", query: "mode=export", label: "View Files" },
    },
  })
).data;
seen.acknowledged = (await api.jobs.ackOutcome(id)).data;
seen.late = await refused(api.jobs.ack(id, { progress: 60 }));
seen.wrong = await refused(api.jobs.create({ ...config, operation: "no spaces", progress: 101 }));

const other = (await api.jobs.create({ ...config, trigger: "immediate" })).data;
seen.bare = (await api.jobs.ack(other.id)).data;
seen.failed = (await api.jobs.fail(other.id, { outcome: { message: "Export failed" } })).data;
seen.retried = (await api.jobs.retry(other.id)).data;
seen.canceled = (await api.jobs.cancel(seen.retried.id, { info: "not needed" })).data;
seen.unwanted = await refused(api.jobs.complete(seen.retried.id));

const whole = (await api.jobs.create({ ...config, trigger: "immediate" })).data;
await api.jobs.ack(whole.id);
seen.split = (await api.jobs.split(whole.id, { parts: [{ from: 0 }, { from: 5 }], runInParallel: false })).data;
const parts = await api.jobs.list({ parentId: whole.id, sortDirection: "asc" });
seen.parts = parts.data.map((part) => [part.part, part.partData, part.partExecution, part.status]);
await api.jobs.complete(parts.data[0].id);
seen.next = (await api.jobs.get(parts.data[1].id)).data.status;
await api.jobs.complete(parts.data[1].id);
seen.whole = (await api.jobs.complete(whole.id, { outcome: { message: "All parts" } })).data;

const behind = (await api.jobs.create({ ...config, trigger: "immediate", predecessorIds: [whole.id, other.id] })).data;
seen.behind = (await api.jobs.get(behind.id)).data;
seen.deleted = await api.jobs.delete(other.id);
seen.gone = await refused(api.jobs.get(other.id));
seen.list = await api.jobs.list({ excludeChildJobs: true, pageSize: 2, pageNumber: 1 });
console.log(JSON.stringify(seen));
