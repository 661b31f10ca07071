"""Jobs that wait for others to be complete: the vendor's predecessorIds.

Whoever tells the end of a job looks for those that wait for it. Ends that nobody tells, since a worker or a script made
them, are found by the next reader of the feed, and by the workers' housekeeping.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from engine.db.pool import Connection, Pool
from engine.db.sql import load
from engine.errors import BadRequest, NotFound
from engine.flatfile import events, store
from engine.flatfile.store import FlatfileJob
from engine.flatfile.words import ENDS, Phase, Ref
from engine.jobs import commands, journal
from engine.jobs.journal import Line
from engine.jobs.names import JOBS_CHANNEL
from engine.model import LogLevel, Status

MOST_PREDECESSORS = 100
# So many at a time: what is left is found the next time.
_MOST_DUE = 200


async def check(conn: Connection, app: str, given: Sequence[str]) -> list[UUID]:
    """The jobs that a new one is to wait for, locked; BadRequest if one is no job of a handler in the app."""
    ids = sorted({Ref.parse(each, "predecessorIds").id for each in given})
    for id in ids:
        try:
            await store.held(conn, app, id)
        except NotFound:
            raise BadRequest.field("predecessorIds", str(id), "jobs of handlers in this app") from None
    return ids


async def begin(conn: Connection, job: FlatfileJob, ids: Sequence[UUID], phase: Phase) -> FlatfileJob:
    """The new job waits for these, then is what `phase` says; what has ended already counts. In a transaction."""
    await conn.execute(load("flatfile_hold"), [job.id])
    await store.update(conn, job.id, phase="waiting")
    await conn.execute(load("flatfile_follow"), job.id, job.app, list(ids), phase)
    return await _settled(conn, job.app, job.id) or job


async def ended(conn: Connection, job: FlatfileJob) -> list[FlatfileJob]:
    """Lets those go on that waited for this one alone, and cancels them if it did not get complete.

    What has changed by that, to be told by the caller: they, and those that waited for them.
    """
    await conn.execute(load("flatfile_unfollow"), job.id, None)
    moved: list[FlatfileJob] = []
    left = [job.id]
    while left:
        for row in await conn.fetch(load("flatfile_followers"), left.pop()):
            follower = await _settled(conn, job.app, row["job_id"])
            if follower is not None:
                moved.append(follower)
                left += [follower.id] if follower.word in ENDS else []
    return moved


async def settle(pool: Pool) -> None:
    """What nobody has told of: workers do this for all apps."""
    for row in await pool.fetch(load("flatfile_followers_due"), _MOST_DUE):
        await pool.run(partial(_settle, app=row["app"], job_id=row["job_id"]))


async def _settle(conn: Connection, app: str, job_id: UUID) -> None:
    job = await _settled(conn, app, job_id)
    if job is None:
        return
    others = await ended(conn, job) if job.word in ENDS else []
    for each in (job, *others):
        await events.tell(conn, each)


async def _settled(conn: Connection, app: str, job_id: UUID) -> FlatfileJob | None:
    """The job, if it does not wait any more; with the rows of what is complete gone."""
    try:
        job = await store.held(conn, app, job_id)
    except NotFound:
        # Deleted, and so over.
        await conn.execute(load("flatfile_unfollow"), job_id, None)
        return None
    rows = await conn.fetch(load("flatfile_predecessors"), job_id)
    if job.word in ENDS:
        await conn.execute(load("flatfile_unfollow"), job_id, None)
        return None
    lost = [row for row in rows if _is_lost(row)]
    complete = [row["predecessor_id"] for row in rows if row["status"] == Status.FINISHED and not row["failed"]]
    await conn.execute(load("flatfile_unfollow"), job_id, None if lost else complete)
    if lost:
        await _cancel(conn, job, lost[0])
    elif len(complete) == len(rows) > 0:
        await _release(conn, job, rows[0]["phase"])
    else:
        return None
    return await store.get(conn, app, job_id)


def _is_lost(row: Mapping[str, object]) -> bool:
    return row["status"] is None or row["status"] == Status.CANCELED or bool(row["failed"])


async def _release(conn: Connection, job: FlatfileJob, phase: Phase) -> None:
    await store.update(conn, job.id, phase=phase)
    if phase == "ready":
        await conn.execute(load("flatfile_release"), job.id)
        await conn.execute(load("notify"), JOBS_CHANNEL, "")


async def _cancel(conn: Connection, job: FlatfileJob, lost: Mapping[str, object]) -> None:
    became = "failed" if lost["failed"] else "was canceled" if lost["status"] else "is not there any more"
    info = f"its predecessor {lost['predecessor_id']} {became}"
    await commands.cancel(conn, job.app, job.id)
    await store.update(conn, job.id, info=info)
    await journal.append_lines(conn, [Line(job.id, round(time.time() * 1000), LogLevel.INFO, f"canceled: {info}")])
