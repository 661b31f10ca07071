"""sys.jobs: what scripts may ask about jobs and of them (seed 003; docs/scripting.md for what is ours)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from engine.db.pool import Connection
from engine.errors import BadRequest, WaitTimeout
from engine.hostapi import wire
from engine.hostapi.args import PAGE_SIZE, Args, next_cursor, paging
from engine.hostapi.caller import Caller, Park
from engine.jobs import commands, filters, logs, search, store, waits
from engine.jobs.journal import Line, append_lines
from engine.model import JobType, LogLevel, NewJob, Status, check_job_id, check_name

MAX_WAIT_MS = 366 * 24 * 3600 * 1000
MAX_AWAITED = 10_000
MAX_ITEMS = 100_000
MAX_MESSAGE = 65_536


async def find_by_id(caller: Caller, conn: Connection, args: Args) -> Any:
    """jobs.findById [id] -> job or null."""
    found = await store.find_by_id(conn, caller.app, args.get(0))
    return None if found is None else wire.job(found)


async def find(caller: Caller, conn: Connection, args: Args) -> Any:
    """jobs.find [query, cursor] -> a page of jobs, newest created first."""
    query = search.JobQuery.parse(args.get(0))
    after, left = paging(args.get(1), query.size)
    page = await search.find_page(conn, caller.app, query, limit=min(left, PAGE_SIZE), after=after)
    return {
        "items": [wire.job(found) for found in page.jobs],
        "next": next_cursor(page.after, left - len(page.jobs)),
    }


async def count(caller: Caller, conn: Connection, args: Args) -> Any:
    """jobs.count [query] -> how many match, whatever the query's size."""
    return await search.count(conn, caller.app, search.JobQuery.parse(args.get(0)))


async def find_logs(caller: Caller, conn: Connection, args: Args) -> Any:
    """jobs.logs [id, query, cursor] -> a page of lines, oldest first."""
    job_id = args.job_id(0)
    query = logs.LogQuery.parse(args.get(1), caller.now)
    after, left = paging(args.get(2), query.size)
    page = await logs.find_page(conn, caller.app, job_id, query, limit=min(left, PAGE_SIZE), after=after)
    return {
        "items": [wire.line(found) for found in page.lines],
        "next": next_cursor(page.next, left - len(page.lines)),
    }


async def count_logs(caller: Caller, conn: Connection, args: Args) -> Any:
    """jobs.countLogs [id, query] -> how many lines match."""
    return await logs.count(conn, caller.app, args.job_id(0), logs.LogQuery.parse(args.get(1), caller.now))


def own_line(caller: Caller, args: Args) -> Line | None:
    """The line of jobs.log [id or null, level, message] if it is for the caller's own job."""
    job_id = caller.job.id if args.get(0) is None else args.job_id(0)
    return _line(caller, args) if job_id == caller.job.id else None


async def log(caller: Caller, conn: Connection, args: Args) -> Any:
    """jobs.log [id, level, message]: a line in the log of another job, live or ended."""
    line = _line(caller, args)
    await store.get(conn, caller.app, line.job_id)
    await append_lines(conn, [line])


def _line(caller: Caller, args: Args) -> Line:
    job_id = caller.job.id if args.get(0) is None else args.job_id(0)
    level = filters.member("level", args.get(1), LogLevel)
    return Line(job_id, caller.now_ms, level, args.text(2, "message", longest=MAX_MESSAGE, empty=True))


def awaited(args: Args) -> tuple[UUID, ...]:
    """The jobs of jobs.wait [ids, statuses, maxMs]."""
    return tuple(dict.fromkeys(check_job_id(id) for id in args.list(0, "jobId", longest=MAX_AWAITED)))


async def open_wait(caller: Caller, conn: Connection, args: Args) -> Park:
    """jobs.wait [ids, statuses, maxMs]: what the script waits for."""
    ids = awaited(args)
    wanted = [filters.member("desiredStatus", status, Status) for status in args.list(1, "desiredStatus", longest=7)]
    if caller.job.id in ids and Status.RUNNING not in wanted:
        raise BadRequest.field("jobId", str(caller.job.id), "another job: this one waits for itself")
    max_ms = args.whole(2, "maxTimeToWait", high=MAX_WAIT_MS)
    await waits.statuses(conn, caller.app, ids)
    return Park(caller.now_ms + max_ms, ids, tuple(wanted))


async def close_wait(caller: Caller, conn: Connection, args: Args, park: Park, timed_out: bool) -> Any:
    """jobs.wait -> the jobs, in the order of the ids; timeout if one did not get there."""
    if timed_out:
        raise await _late(caller, conn, args.get(2), park)
    return [wire.job(await store.get(conn, caller.app, id)) for id in park.ids]


async def _late(caller: Caller, conn: Connection, max_ms: int, park: Park) -> WaitTimeout:
    """The time-out of a wait: the first job that is not there, and how many others are not."""
    found = await waits.statuses(conn, caller.app, park.ids)
    late = [id for id in park.ids if found[id].value not in park.statuses] or list(park.ids)
    others = f" (nor did {len(late) - 1} others)" if len(late) > 1 else ""
    return WaitTimeout(
        f"job {late[0]} is {found[late[0]].value}: it did not become {' or '.join(park.statuses)}"
        f" within {max_ms} ms{others}",
        additional_info={"jobId": str(late[0]), "status": found[late[0]].value},
    )


async def execute_in_job(caller: Caller, conn: Connection, args: Args) -> Any:
    """jobs.executeInJob [items, queue, step] -> the ids of the jobs that run the callback over a chunk each.

    A child job replays the caller's script up to this call, where it is given its chunk instead of the
    ids: so the callback sees the very variables that it closes over, in both languages.
    """
    items = args.list(0, "items", longest=MAX_ITEMS)
    queue = check_name("queue", args.get(1) if args.get(1) is not None else "default")
    step = args.whole(2, "step", low=1, high=MAX_ITEMS) if args.get(2) is not None else 1
    chunks = [items[start : start + step] for start in range(0, len(items), step)]
    return {"ids": [str(id) for id in await store.create(conn, [_child(caller, queue, chunk) for chunk in chunks])]}


def _child(caller: Caller, queue: str, chunk: Any) -> NewJob:
    job, origin = caller.job, caller.origin
    fork = {
        "job": str(job.id),
        "step": origin.step,
        "seq": caller.seq,
        "seed": origin.seed,
        "startMs": origin.start_ms,
        "items": chunk,
        "above": origin.fork,
    }
    return NewJob(
        app=job.app,
        type=JobType.EXECUTE_SCRIPT,
        name=job.name,
        label=f"{job.label}: {len(chunk)} items",
        spec={**origin.program, "variables": origin.variables, "fork": fork},
        queue=queue,
        low_priority=job.low_priority,
        timeout_ms=job.timeout_ms,
        parent_id=job.id,
        run_by=job.run_by,
        app_version=job.app_version,
    )


async def progress(caller: Caller, conn: Connection, args: Args) -> Any:
    """jobs.progress [percent, message]: how far the current job is; null leaves what was there."""
    percent = None if args.get(0) is None else args.whole(0, "percent", high=100)
    message = None if args.get(1) is None else args.text(1, "message", longest=2000)
    await store.set_progress(conn, caller.job.id, percent=percent, message=message)


async def continue_as_new(caller: Caller, conn: Connection, args: Args) -> Any:
    """jobs.continueAsNew [params]: with which params the job begins anew."""
    if caller.origin.fork is not None:
        raise BadRequest("continueAsNew: a job of executeInJob cannot begin anew; its parent can")
    return dict(args.object(0, "params"))


async def set_low_priority(caller: Caller, conn: Connection, args: Args) -> Any:
    """jobs.setLowPriority [id]: jobs without the flag go first."""
    await commands.set_low_priority(conn, caller.app, args.get(0), True)


async def remove_low_priority(caller: Caller, conn: Connection, args: Args) -> Any:
    """jobs.removeLowPriority [id]."""
    await commands.set_low_priority(conn, caller.app, args.get(0), False)


async def stop(caller: Caller, conn: Connection, args: Args) -> Any:
    """jobs.stop [id, {force}]: at the next safe point, or at once."""
    options = filters.check_query(args.get(1), {"force"}, "options")
    await commands.stop(conn, caller.app, args.get(0), force=filters.flag("force", options.get("force", False)))


async def resume(caller: Caller, conn: Connection, args: Args) -> Any:
    """jobs.resume [id]: a stopped job goes on where it was."""
    await commands.resume(conn, caller.app, args.get(0))


async def cancel(caller: Caller, conn: Connection, args: Args) -> Any:
    """jobs.cancel [id]."""
    await commands.cancel(conn, caller.app, args.get(0))


async def current_id(caller: Caller, conn: Connection, args: Args) -> Any:
    """jobs.currentId [] -> the id of the caller's job."""
    return str(caller.job.id)


async def current(caller: Caller, conn: Connection, args: Args) -> Any:
    """jobs.current [] -> the caller's job."""
    return wire.job(await store.get(conn, caller.app, caller.job.id))


async def results(caller: Caller, conn: Connection, args: Args) -> Any:
    """jobs.results [id] -> what the job left, or null (seed 003, results)."""
    return await store.results(conn, caller.app, args.job_id(0))
