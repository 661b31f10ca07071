// `previewMutation` of the vendor's client, with functions that do what they should, and with others.
import { FlatfileClient } from "@flatfile/api";

const api = new FlatfileClient();
const sheetId = "companies";
const ids = [process.env.FIRST];
const preview = async (mutateRecord, more = {}) =>
  (await api.jobs.previewMutation({ sheetId, mutateRecord, ...more })).data;
const refused = (mutateRecord) => preview(mutateRecord).catch(({ statusCode, body }) => [statusCode, body.errors]);

const move = "(record) => record.set('city', 'Bonn')";
const [upper, some, found, others, none, wrong] = await Promise.all([
  preview(process.env.UPPER),
  preview(move, { ids }),
  preview(move, { searchField: "name", searchValue: "a, inc. (" }),
  preview(move, { searchField: "city", searchValue: "Ulm", ids }),
  preview(move, { filter: "error" }),
  preview("(record) => { record.set('employees', -1).addWarning('city', 'far'); }", { ids }),
]);
const [syntax, throws, calls, other, value] = await Promise.all([
  refused("(record) => {"),
  refused("() => { throw new Error('no luck'); }"),
  refused("() => { sys.data.delete('companies', {}); }"),
  refused("(record) => ({ ...record })"),
  refused("42"),
]);
console.log(JSON.stringify({ upper, some, found, others, none, wrong, syntax, throws, calls, other, value }));
