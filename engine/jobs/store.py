"""Creates jobs and reads them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from engine.db.pool import Connection, Json, keeps_statements
from engine.db.sql import load
from engine.errors import NotFound
from engine.jobs import copies
from engine.jobs.prepared import Prepared, prepare
from engine.model import Job, NewJob, check_job_id


async def create(conn: Connection, jobs: Sequence[NewJob], *, wake: bool = True) -> list[UUID]:
    """The ids of the jobs, in their order, all of them or none, in the caller's transaction if there is one.

    A job whose unique key a live job of the app holds is not created; its place has that job's id.
    `wake` tells hungry workers when the transaction commits. BadRequest names a field out of range.
    """
    return await insert(conn, prepare(jobs), wake=wake)


async def create_free(conn: Connection, jobs: Sequence[NewJob], *, wake: bool = True) -> list[UUID | None]:
    """As `create`, but a job that is not created has None in its place."""
    return await _insert_free(conn, prepare(jobs), wake)


async def insert(conn: Connection, ready: Prepared, *, wake: bool = True) -> list[UUID]:
    """The rest of `create`."""
    ids = await _insert_free(conn, ready, wake)
    return [id or await _holder(conn, job, wake) for id, job in zip(ids, ready.jobs, strict=True)]


async def _insert_free(conn: Connection, ready: Prepared, wake: bool) -> list[UUID | None]:
    if len(ready.ids) >= copies.FEWEST and copies.fits(ready):
        async with conn.transaction():
            return list(await copies.insert(conn, [ready], wake=wake))
    if not ready.ids:
        return []
    if len(ready.ids) == 1:
        return [ready.ids[0] if await _insert_one(conn, ready, wake) else None]
    roots = await _roots(conn, ready)
    shared = [_shared(ms, job, roots) for ms, job in ready.kinds]
    specs = list(map(Json, ready.specs()))
    columns = zip(*shared, strict=True)
    refused = await conn.fetchval(load("jobs_insert"), ready.ids, specs, ready.numbers, *columns, wake)
    return [None if id in refused else id for id in ready.ids] if refused else list(ready.ids)


async def _insert_one(conn: Connection, ready: Prepared, wake: bool) -> bool:
    # Without arrays, which cost the driver two thirds of what the call did; and of a plain job only what it can have.
    ((ms, job),) = ready.kinds
    spec = Json(ready.specs()[0])
    if not _is_plain(job) or not keeps_statements(conn):
        shared = _shared(ms, job, await _roots(conn, ready))
        return bool(await conn.fetchval(load("job_make"), ready.ids[0], spec, *shared, wake))
    await conn.fetchval(
        load("job_insert"),
        *(ready.ids[0], spec, datetime.fromtimestamp(ms / 1000, UTC)),
        *(job.app, job.queue, job.type, job.name, job.label, job.low_priority, job.urgent),
        *(job.max_attempts, job.timeout_ms, job.app_version, job.run_by, wake),
    )
    return True


def _is_plain(job: NewJob) -> bool:
    """Whether it depends neither on the clock nor on other jobs."""
    alone = (job.parent_id, job.unique_key, job.concurrency_key, job.concurrency_limit) == (None, None, None, 1)
    return alone and not job.delay_ms


async def _holder(conn: Connection, job: NewJob, wake: bool) -> UUID:
    holder: UUID | None = await conn.fetchval(load("job_by_unique_key"), job.app, job.unique_key)
    if holder is not None:
        return holder
    # The holder ended between the two statements: its key is free now.
    return (await create(conn, [job], wake=wake))[0]


async def _roots(conn: Connection, ready: Prepared) -> Mapping[UUID, UUID]:
    """The roots of the jobs' parents. A statement of its own: it has to look into every month of the history, and most
    jobs have no parent."""
    parents = {job.parent_id for _, job in ready.kinds if job.parent_id is not None}
    rows = await conn.fetch(load("job_roots"), list(parents)) if parents else []
    return {row["id"]: row["root_id"] for row in rows}


def _shared(ms: int, job: NewJob, roots: Mapping[UUID, UUID]) -> tuple[Any, ...]:
    """What jobs of a kind have in common, in the order of the arguments; their time is that of their ids, by which the
    history is searched."""
    return (
        datetime.fromtimestamp(ms / 1000, UTC),
        job.app,
        job.queue,
        job.type,
        job.name,
        job.label,
        job.low_priority,
        job.urgent,
        job.delay_ms,
        job.max_attempts,
        job.timeout_ms,
        job.app_version,
        job.parent_id,
        None if job.parent_id is None else roots.get(job.parent_id),
        job.run_by,
        job.unique_key,
        job.concurrency_key,
        job.concurrency_limit,
    )


async def find_by_id(conn: Connection, app: str, job_id: object) -> Job | None:
    """The app's job, or None; BadRequest if the id is malformed (seed 003, findById)."""
    row = await conn.fetchrow(load("job_get"), check_job_id(job_id), app)
    return Job.from_row(row) if row else None


async def get(conn: Connection, app: str, job_id: object) -> Job:
    """The app's job; NotFound if there is none, or it is another app's."""
    job = await find_by_id(conn, app, job_id)
    if job is None:
        raise NotFound(f"there is no job {job_id} in this app", additional_info={"jobId": str(job_id)})
    return job


async def results(conn: Connection, app: str, job_id: object) -> dict[str, Any] | None:
    """What the job left: its results, else the error that ended it as {"error": …}, else None."""
    row: Mapping[str, Any] | None = await conn.fetchrow(load("job_results"), check_job_id(job_id), app)
    if row is None:
        raise NotFound(f"there is no job {job_id} in this app", additional_info={"jobId": str(job_id)})
    if row["results"] is None and row["error"] is None:
        return None
    left: dict[str, Any] = dict(row["results"] or {})
    if row["error"] is not None:
        left["error"] = row["error"]
    return left


async def descendants(conn: Connection, app: str, job_id: object) -> list[Job]:
    """The job and everything that came of it, oldest first."""
    rows = await conn.fetch(load("job_descendants"), check_job_id(job_id), app)
    return [Job.from_row(row) for row in rows]


async def app_of(conn: Connection, job_id: object) -> str:
    """The app that a job belongs to, for operators of the whole platform; NotFound if there is no such job."""
    app: str | None = await conn.fetchval(load("job_app"), check_job_id(job_id))
    if app is None:
        raise NotFound(f"there is no job {job_id}", additional_info={"jobId": str(job_id)})
    return app


async def set_progress(
    conn: Connection,
    job_id: UUID,
    *,
    percent: int | None = None,
    message: str | None = None,
    checkpoint: Mapping[str, Any] | None = None,
) -> None:
    """Stores how far a job is; None leaves what was there."""
    await conn.execute(load("progress_set"), job_id, percent, message, checkpoint)
