"""sys.data: records of the caller's app, and the jobs that work on them."""

from __future__ import annotations

from typing import Any

from engine.apps.manifest import Action, ActionKind, Entity
from engine.data import files, records
from engine.db.pool import Connection
from engine.errors import BadRequest, ScriptError, WaitTimeout
from engine.hostapi.args import Args
from engine.hostapi.caller import Caller, Park, create
from engine.jobs import filters, logs, requests, store
from engine.model import FINAL, Job, check_job_id

FOREGROUND_WAIT_MS = 3_600_000


async def find(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.find [entity, query, cursor] -> a page of records."""
    entity = await _entity(caller, conn, args)
    page = await records.find_page(conn, caller.app, entity, args.get(1), cursor=args.get(2))
    return {"items": [record.to_wire() for record in page.items], "next": page.next}


async def find_one(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.findOne [entity, query] -> the first record or null."""
    found = await records.find_one(conn, caller.app, await _entity(caller, conn, args), args.get(1))
    return None if found is None else found.to_wire()


async def find_by_id(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.findById [entity, id] -> the record or null."""
    found = await records.find_by_id(conn, caller.app, await _entity(caller, conn, args), args.get(1))
    return None if found is None else found.to_wire()


async def count(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.count [entity, query] -> how many records match."""
    return await records.count(conn, caller.app, await _entity(caller, conn, args), args.get(1))


async def create_record(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.createRecord [entity] -> a record that is not saved yet."""
    return records.new_record(await _entity(caller, conn, args))


async def save(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.save [entity, {id, version, data}] -> the saved record."""
    entity = await _entity(caller, conn, args)
    given = filters.check_query(args.get(1), {"id", "version", "data", "entity", "label"}, "record")
    saved = await records.save(
        conn,
        caller.app,
        entity,
        given.get("data", {}),
        record_id=given.get("id"),
        version=given.get("version", 0),
        cause=caller.cause,
    )
    return saved.to_wire()


async def remove(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.remove [entity, id]."""
    await records.remove(conn, caller.app, await _entity(caller, conn, args), args.get(1), cause=caller.cause)


async def delete(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.delete [entity, query, options] -> the id of the job that removes the records."""
    entity = await _entity(caller, conn, args)
    return await create(conn, requests.delete_records(caller.by, entity, args.object(1, "query"), args.get(2)))


async def import_records(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.importRecords [entity, fileId, options] -> the id of the job that imports the file."""
    entity = await _entity(caller, conn, args)
    file = await files.get(conn, caller.app, args.get(1))
    return await create(conn, requests.import_records(caller.by, entity, file, args.get(2)))


async def export_records(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.exportRecords [entity, query, options] -> the id of the job that writes the file."""
    entity = await _entity(caller, conn, args)
    return await create(conn, requests.export_records(caller.by, entity, args.object(1, "query"), args.get(2)))


async def open_action(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.executeAction [entity, query, action, params, options] -> the job's id, or what to wait for."""
    entity = await _entity(caller, conn, args)
    action = entity.action(args.text(2, "action"))
    return await _start_action(caller, conn, action, entity, args.object(1, "query"), args.get(3), args.get(4))


async def open_global_action(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.executeGlobalAction [entity or null, action, params, options] -> the job's id, or what to wait for."""
    manifest = await caller.manifest(conn)
    entity = None if args.get(0) is None else manifest.entity(args.get(0))
    action = manifest.action(entity.name if entity else None, args.text(1, "action"))
    requests.check_global(action)
    return await _start_action(caller, conn, action, entity, {}, args.get(2), args.get(3))


async def close_action(caller: Caller, conn: Connection, args: Args, park: Park, timed_out: bool) -> Any:
    """The response of an action that ran in the foreground; its error if it ended with one."""
    job = await store.get(conn, caller.app, park.ids[0])
    if timed_out:
        raise WaitTimeout(
            f"{job.label} did not end within {FOREGROUND_WAIT_MS} ms", additional_info={"jobId": str(job.id)}
        )
    left = await store.results(conn, caller.app, job.id) or {}
    if "error" in left or job.status.value == "CANCELED":
        error = left.get("error", {"code": "unknownError", "message": f"{job.label} was canceled"})
        raise ScriptError(error["code"], error["message"], additional_info=error.get("additionalInfo"))
    return await _response(conn, job, left.get("results", {}))


async def _response(conn: Connection, job: Job, results: Any) -> Any:
    """The one response of an action that ran once or on one record, the map of all results otherwise."""
    if job.spec["kind"] != ActionKind.ONE.value:
        return results.get("response")
    if not isinstance(job.spec["query"].get("id"), str) or len(results) != 1:
        return results
    ((record_id, only),) = results.items()
    if only["status"] == "error":
        info = await logs.of_record(conn, job.id, record_id)
        raise ScriptError(info.get("code"), only["errorMessage"], additional_info=info.get("additionalInfo"))
    return only.get("response")


async def _start_action(
    caller: Caller, conn: Connection, action: Action, entity: Entity | None, query: object, params: Any, options: Any
) -> Any:
    """The new job's id; in the foreground, the wait for its end."""
    given = dict(filters.check_query(options, {*requests.OPTIONS, "executeInBackground"}, "options"))
    foreground = not filters.flag("options.executeInBackground", given.pop("executeInBackground", True))
    job = requests.run_action(caller.by, action, entity, query, params, given)
    if foreground and job.delay_ms:
        raise BadRequest.field("options.delay", job.delay_ms, "no delay where executeInBackground is false")
    job_id = await create(conn, job._replace(urgent=foreground))
    if not foreground:
        return job_id
    return Park(caller.now_ms + FOREGROUND_WAIT_MS, (check_job_id(job_id),), tuple(sorted(FINAL)))


async def _entity(caller: Caller, conn: Connection, args: Args) -> Entity:
    return (await caller.manifest(conn)).entity(args.get(0))
