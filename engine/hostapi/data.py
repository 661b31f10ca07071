"""sys.data: records of the caller's app, and the jobs that work on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.apps.manifest import Action, ActionKind, Entity
from engine.data import files, records
from engine.data.query import Query
from engine.db.pool import Connection
from engine.errors import BadRequest, ScriptError, WaitTimeout
from engine.hostapi.args import Args
from engine.hostapi.caller import Caller, Park
from engine.jobs import filters, store
from engine.model import FINAL, JobType, NewJob, check_job_id

OPTIONS = frozenset({"lowPriority", "queue", "executeInBackground", "maxAttempts", "timeout", "delay", "uniqueKey"})
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
    )
    return saved.to_wire()


async def remove(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.remove [entity, id]."""
    await records.remove(conn, caller.app, await _entity(caller, conn, args), args.get(1))


async def delete(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.delete [entity, query, options] -> the id of the job that removes the records."""
    entity = await _entity(caller, conn, args)
    query = _query(entity, args)
    job = _job(caller, args.get(2), JobType.DELETE_RECORDS, entity.name, f"Delete records of {entity.label}")
    return await _create(conn, job, {"entityName": entity.name, "query": query})


async def import_records(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.importRecords [entity, fileId, options] -> the id of the job that imports the file."""
    entity = await _entity(caller, conn, args)
    file = await files.get(conn, caller.app, args.get(1))
    label = f"Import {file.name} into {entity.label}"
    job = _job(caller, args.get(2), JobType.IMPORT_RECORDS, entity.name, label)
    return await _create(conn, job, {"entityName": entity.name, "fileName": file.name, "fileId": str(file.id)})


async def export_records(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.exportRecords [entity, query, options] -> the id of the job that writes the file."""
    entity = await _entity(caller, conn, args)
    query = _query(entity, args)
    job = _job(caller, args.get(2), JobType.EXPORT_RECORDS, entity.name, f"Export records of {entity.label}")
    return await _create(conn, job, {"entityName": entity.name, "query": query})


async def open_action(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.executeAction [entity, query, action, params, options] -> the job's id, or what to wait for."""
    entity = await _entity(caller, conn, args)
    query = _query(entity, args)
    action = entity.action(args.text(2, "action"))
    return await _start_action(caller, conn, action, query, args.object(3, "params"), args.get(4))


async def open_global_action(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.executeGlobalAction [entity or null, action, params, options] -> the job's id, or what to wait for."""
    manifest = await caller.manifest(conn)
    entity = None if args.get(0) is None else manifest.entity(args.get(0)).name
    action = manifest.action(entity, args.text(1, "action"))
    if action.kind is not ActionKind.GLOBAL:
        raise BadRequest.field("action", action.name, "a global action; this one runs on records: use executeAction")
    return await _start_action(caller, conn, action, {}, args.object(2, "params"), args.get(3))


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
    return _response(left.get("results", {}), job.spec)


def _response(results: Any, spec: Mapping[str, Any]) -> Any:
    """The one response of an action that ran once or on one record, the map of all results otherwise."""
    if spec["kind"] != ActionKind.ONE.value:
        return results.get("response")
    if not isinstance(spec["query"].get("id"), str) or len(results) != 1:
        return results
    only = next(iter(results.values()))
    if only["status"] == "error":
        raise ScriptError("unknownError", only["errorMessage"])
    return only.get("response")


async def _start_action(
    caller: Caller, conn: Connection, action: Action, query: Mapping[str, Any], params: Mapping[str, Any], options: Any
) -> Any:
    """The new job's id; in the foreground, the wait for its end."""
    given = filters.check_query(options, OPTIONS, "options")
    foreground = not filters.flag("options.executeInBackground", given.get("executeInBackground", True))
    where = f" on {action.entity}" if action.entity else ""
    spec = {"actionName": action.name, "kind": action.kind.value, "query": dict(query), "params": dict(params)}
    name = action.name
    if action.entity is not None:
        spec["entityName"] = action.entity
        name = f"{action.entity}.{action.name}"
    job = _job(caller, options, JobType.EXECUTE_ACTION, name, f"{action.label}{where}", action)
    job_id = await _create(conn, replace(job, urgent=foreground), spec)
    if not foreground:
        return job_id
    return Park(caller.now_ms + FOREGROUND_WAIT_MS, (check_job_id(job_id),), tuple(sorted(FINAL)))


async def _entity(caller: Caller, conn: Connection, args: Args) -> Entity:
    return (await caller.manifest(conn)).entity(args.get(0))


def _query(entity: Entity, args: Args) -> dict[str, Any]:
    """The query map of the second argument, checked now: a job must not fail later for what is known here."""
    query = dict(args.object(1, "query"))
    Query.parse(entity, query)
    return query


def _job(caller: Caller, options: object, kind: JobType, name: str, label: str, action: Action | None = None) -> NewJob:
    """A job below the caller's, with the caller's options over the action's own."""
    given = filters.check_query(options, OPTIONS, "options")
    own: dict[str, Any] = {}
    if action is not None:
        own = {"queue": action.queue, "maxAttempts": action.max_attempts, "lowPriority": action.low_priority}
        own["timeout"] = action.timeout
    chosen = {**own, **given}
    timeout = chosen.get("timeout")
    return NewJob(
        app=caller.app,
        type=kind,
        name=name,
        label=label,
        queue=chosen.get("queue", "default"),
        low_priority=filters.flag("options.lowPriority", chosen.get("lowPriority", False)),
        delay_ms=filters.whole("options.delay", chosen.get("delay", 0)),
        max_attempts=filters.whole("options.maxAttempts", chosen.get("maxAttempts", 1), low=1, high=1000),
        timeout_ms=None if timeout is None else filters.whole("options.timeout", timeout, low=1, high=86_400_000),
        unique_key=None
        if chosen.get("uniqueKey") is None
        else filters.text("options.uniqueKey", chosen["uniqueKey"], longest=500),
        parent_id=caller.job.id,
        run_by=caller.job.run_by,
    )


async def _create(conn: Connection, job: NewJob, spec: Mapping[str, Any]) -> str:
    (job_id,) = await store.create(conn, [replace(job, spec=spec)])
    return str(job_id)
