"""Jobs that were split: their parts are jobs of the same handler, and they wait until the parts are over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import BadRequest
from engine.flatfile import store
from engine.flatfile.store import FlatfileJob
from engine.flatfile.words import ENDS, PARTS_COMPLETED
from engine.jobs import store as jobs
from engine.jobs.names import JOBS_CHANNEL
from engine.jobs.requests import Requester, call_handlers
from engine.model import Status, check_job_id

MOST_PARTS = 1000


async def split(
    conn: Connection, by: Requester, job: FlatfileJob, parts: Sequence[Mapping[str, Any]], *, parallel: bool
) -> list[UUID]:
    """Makes a job for each part, all ready at once or one after the other, and lets the job itself wait for them.

    The job is held (`store.held`). BadRequest if it was split before, or a worker runs it, which cannot let it go.
    """
    if not 1 <= len(parts) <= MOST_PARTS:
        raise BadRequest.field("parts", len(parts), f"1 to {MOST_PARTS} parts")
    if job.follows:
        raise BadRequest(f"job {job.id} waits for its predecessors", additional_info={"jobId": str(job.id)})
    if await conn.fetch(load("flatfile_parts"), job.id, job.app):
        raise BadRequest(f"job {job.id} was split before", additional_info={"jobId": str(job.id)})
    await _wait(conn, job)
    owner = Requester(by.app, by.run_by, job.id)
    ids = await jobs.create(conn, list(call_handlers(owner, job.name, [job.params] * len(parts), None)))
    own = {name: value for name, value in job.config.items() if name != "predecessorIds"}
    common = {**own, "parentId": str(job.id), "partExecution": "parallel" if parallel else "sequential"}
    configs = [{**common, "part": n, "partData": dict(data)} for n, data in enumerate(parts, 1)]
    phases = ["ready" if parallel or n == 0 else "waiting" for n in range(len(ids))]
    await store.remember(conn, job.app, list(zip(ids, configs, phases, strict=True)))
    held = [id for id, phase in zip(ids, phases, strict=True) if phase == "waiting"]
    await conn.execute(load("flatfile_hold"), held)
    return ids


async def _wait(conn: Connection, job: FlatfileJob) -> None:
    """The job goes out of its handler's hands, or out of the queue, until somebody completes it."""
    if job.status is Status.PENDING:
        await conn.execute(load("flatfile_hold"), [job.id])
        await store.update(conn, job.id, phase="waiting")
        return
    if not job.remote or await conn.fetchval(load("flatfile_park"), job.id, job.attempt) is None:
        raise BadRequest(
            f"job {job.id} cannot be split: it is {job.word}, and only a handler over HTTP can let go of it",
            additional_info={"jobId": str(job.id), "status": job.word},
        )


async def ended(conn: Connection, job: FlatfileJob) -> list[tuple[FlatfileJob, list[str]]]:
    """Lets the next part go on when one is over, and knows when all are.

    What has changed by that, each with events of its own, to be told by the caller.
    """
    if "part" not in job.config:
        return []
    parent_id = check_job_id(job.config["parentId"])
    # Parts that end at once take turns here, and the last of them sees the others.
    await conn.execute(load("flatfile_jobs_lock"), [parent_id])
    rows = await conn.fetch(load("flatfile_parts"), parent_id, job.app)
    following = _following(rows)
    if following is not None:
        await store.update(conn, following, phase="ready")
        await conn.execute(load("flatfile_release"), following)
        await conn.execute(load("notify"), JOBS_CHANNEL, "")
        return [(each, []) for each in await store.get_many(conn, job.app, [following])]
    if all(Status(row["status"]).is_final for row in rows):
        parents = await store.get_many(conn, job.app, [parent_id])
        # One that was canceled meanwhile is over, and nothing is to be told of it any more.
        return [(each, [PARTS_COMPLETED]) for each in parents if each.word not in ENDS]
    return []


def _following(rows: Sequence[Mapping[str, Any]]) -> UUID | None:
    """The first part that is not over, if it waits for its turn."""
    first = next((row for row in rows if not Status(row["status"]).is_final), None)
    waits = first is not None and first["status"] == Status.PENDING and first["phase"] == "waiting"
    return first["id"] if first is not None and waits else None
