"""What people ask of jobs in Flatfile's words: create, execute, update, cancel, retry, delete, split, plan, …"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import BadRequest
from engine.flatfile import answers, events, followers, parts, store
from engine.flatfile.answers import NOTHING, Backoff, Progress
from engine.flatfile.store import FlatfileJob
from engine.flatfile.words import ACKNOWLEDGED, DELETED, ENDS, Phase, Ref
from engine.jobs import commands
from engine.jobs import store as jobs
from engine.jobs.names import JOBS_CHANNEL
from engine.jobs.requests import Requester, call_handler
from engine.model import Status

EMPTY_PLAN: Mapping[str, Any] = {"fieldMapping": [], "unmappedSourceFields": [], "unmappedDestinationFields": []}


async def create(conn: Connection, by: Requester, config: Mapping[str, Any], told: Progress) -> FlatfileJob:
    """A new job; trigger `immediate` makes it ready, `manual` (also without one) lets it wait for `execute`.

    `config` is a JobConfig without what `told` has, its status one of created, planning, ready. In a transaction.
    With predecessorIds it waits until these jobs are complete, and is canceled if one fails or is canceled.
    BadRequest if type and operation can name no handler, or its parent or a predecessor is no job of the app.
    """
    kept = {name: value for name, value in config.items() if value is not None and name != "status"}
    kept.setdefault("trigger", "manual")
    ready = config.get("status") == "ready" or (kept["trigger"] == "immediate" and config.get("status") is None)
    phase: Phase = "ready" if ready else config.get("status") or "created"
    parent_id = await _parent(conn, by.app, kept.get("parentId"))
    predecessors = await followers.check(conn, by.app, kept.get("predecessorIds", ()))
    name = f"{kept['type']}:{kept['operation']}"
    new = call_handler(Requester(by.app, by.run_by, parent_id), name, kept.get("input"), None)
    (job_id,) = await jobs.create(conn, [new], wake=ready)
    if not ready:
        await conn.execute(load("flatfile_hold"), [job_id])
    await store.remember(conn, by.app, [(job_id, kept, phase)])
    job = await store.get(conn, by.app, job_id)
    if predecessors:
        job = await followers.begin(conn, job, predecessors, phase)
    await answers.record(conn, job, told)
    return await events.refreshed(conn, job, touched=False)


async def _parent(conn: Connection, app: str, given: str | None) -> UUID | None:
    if given is None:
        return None
    found = await store.get_many(conn, app, [Ref.parse(given, "parentId").id])
    if not found:
        raise BadRequest.field("parentId", given, "a job of a handler in this app")
    return found[0].id


async def execute(conn: Connection, app: str, ref: Ref) -> FlatfileJob:
    """A job that waits for somebody to start it is ready. In a transaction; BadRequest if it does not wait for that."""
    job = await store.held(conn, app, ref.id)
    if job.word not in ("created", "planning", "scheduled"):
        raise BadRequest.field("status", job.word, "created, planning or scheduled: only such a job can be executed")
    await store.update(conn, job.id, phase="ready")
    await conn.execute(load("flatfile_release"), job.id)
    await conn.execute(load("notify"), JOBS_CHANNEL, "")
    return await events.refreshed(conn, job)


@dataclass(frozen=True, slots=True)
class Changes:
    """What `jobs.update` changes; None leaves what is there. `status` is any of the vendor's words."""

    status: str | None = None
    config: Any = None
    metadata: Mapping[str, Any] | None = None
    outcome_acknowledged_at: datetime | None = None
    told: Progress = NOTHING


async def update(conn: Connection, app: str, ref: Ref, changes: Changes, settings: Backoff) -> FlatfileJob:
    """Changes a job. Progress of one that runs is its handler's to tell, and fenced like an `ack`. In a transaction."""
    job = await _held(conn, app, ref.id)
    merged = {"config": changes.config, "metadata": changes.metadata}
    given = {name: value for name, value in merged.items() if value is not None}
    await store.update(conn, job.id, config=given or None)
    touched = True
    if changes.told != NOTHING:
        if job.word == "executing":
            await answers.ack(conn, app, ref, changes.told)
            touched = False
        elif job.word in ENDS:
            raise BadRequest.field("status", job.word, "a job that is not over: only then it has progress")
        else:
            await answers.record(conn, job, changes.told)
    if changes.status is not None and changes.status != job.word:
        await _set_status(conn, app, ref, changes.status, settings)
        touched = False
    if changes.outcome_acknowledged_at is not None:
        return await acknowledge(conn, app, ref, changes.outcome_acknowledged_at)
    return await events.refreshed(conn, job, touched=touched)


async def _held(conn: Connection, app: str, job_id: UUID) -> FlatfileJob:
    """The job, locked, for changes that an end does not refuse."""
    job = await store.held(conn, app, job_id)
    # The change tells its end, too: without this nobody would look for the part behind it any more.
    if job.word in ENDS and job.told.word not in ENDS:
        return await answers.over(conn, job, touched=False)
    return job


async def _set_status(conn: Connection, app: str, ref: Ref, status: str, settings: Backoff) -> None:
    match status:
        case "created" | "planning" | "scheduled" | "waiting":
            await _set_phase(conn, app, ref, status)
        case "ready":
            await execute(conn, app, ref)
        case "executing":
            await answers.ack(conn, app, ref, NOTHING)
        case "complete":
            await answers.complete(conn, app, ref, None, None)
        case "failed":
            await answers.fail(conn, app, ref, None, None, settings)
        case _:
            await cancel(conn, app, ref, None)


async def _set_phase(conn: Connection, app: str, ref: Ref, phase: Phase) -> None:
    job = await store.held(conn, app, ref.id)
    if job.status is not Status.PENDING:
        raise BadRequest.field("status", phase, f"what a job can become that is {job.word}")
    if job.follows:
        raise BadRequest.field("status", phase, "nothing but canceled, as long as the job waits for its predecessors")
    await conn.execute(load("flatfile_hold"), [job.id])
    await store.update(conn, job.id, phase=phase)


async def cancel(conn: Connection, app: str, ref: Ref, info: str | None) -> FlatfileJob:
    """Cancels the job and its descendants; a handler over HTTP has lost it at once. In a transaction; errors as in
    `engine.jobs.commands.cancel`."""
    if ref.attempt is not None:
        answers.check_attempt(await store.held(conn, app, ref.id), ref)
    await commands.cancel(conn, app, ref.id)
    job = await store.held(conn, app, ref.id)
    if job.remote:
        await answers.let_go(conn, job)
    await store.update(conn, job.id, info=info)
    return await answers.over(conn, job)


async def retry(conn: Connection, by: Requester, ref: Ref) -> FlatfileJob:
    """A new job like this one, which is over and stays as it is. In a transaction; BadRequest if it is not over."""
    job = await store.held(conn, by.app, ref.id)
    if job.word not in ENDS:
        raise BadRequest.field("status", job.word, f"one of {', '.join(sorted(ENDS))}: only such a job can be retried")
    own = {
        name: value
        for name, value in job.config.items()
        if name not in ("parentId", "predecessorIds", "part", "partData", "partExecution")
    }
    config = {**own, "input": dict(job.params), "trigger": "immediate"}
    return await create(conn, by, config, NOTHING)


async def delete(conn: Connection, app: str, ref: Ref) -> None:
    """Cancels the job if it is not over, and hides it from these doors; the history keeps it. In a transaction."""
    job = await _held(conn, app, ref.id)
    if job.word not in ENDS:
        job = await cancel(conn, app, ref, None)
    await events.refreshed(conn, job, also=[DELETED], touched=False)
    await store.update(conn, job.id, deleted=True)


async def acknowledge(conn: Connection, app: str, ref: Ref, at: datetime | None = None) -> FlatfileJob:
    """Somebody has seen how the job ended; the first time counts. In a transaction; BadRequest if it is not over."""
    job = await _held(conn, app, ref.id)
    if job.word not in ENDS:
        raise BadRequest.field("status", job.word, f"one of {', '.join(sorted(ENDS))}: only then there is an outcome")
    if job.acknowledged_at is not None:
        return job
    await store.update(conn, job.id, acknowledged_at=at or datetime.now(UTC))
    return await events.refreshed(conn, job, also=[ACKNOWLEDGED], touched=False)


async def plan(conn: Connection, app: str, ref: Ref, given: Mapping[str, Any], *, whole: bool) -> FlatfileJob:
    """Keeps the execution plan of a job, the whole or some fields of it. In a transaction."""
    job = await _held(conn, app, ref.id)
    before = EMPTY_PLAN if whole else {**EMPTY_PLAN, **(job.plan or {})}
    await store.update(conn, job.id, plan={**before, **given})
    return await events.refreshed(conn, job)


async def split(
    conn: Connection, by: Requester, ref: Ref, given: Sequence[Mapping[str, Any]], *, parallel: bool
) -> FlatfileJob:
    """Makes jobs of parts of this one, which waits for them. In a transaction; errors as in `parts.split`."""
    job = await store.held(conn, by.app, ref.id)
    if ref.attempt is not None:
        answers.check_attempt(job, ref)
    ids = await parts.split(conn, by, job, given, parallel=parallel)
    await answers.free(conn, job)
    now = await events.refreshed(conn, job)
    for each in await store.get_many(conn, by.app, ids):
        await events.tell(conn, each)
    return now
