"""What handlers that are far away answer: ack, progress, complete, fail. Each is fenced as a worker's own writes are.

An event's jobId names its attempt, and an answer for another attempt than the one that holds the job is refused: its
lease ran out, the job was tried again. A bare id speaks for whoever acknowledged the job by its bare id, and for no
listener and no worker.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import uuid4

from engine import __version__
from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import BadRequest, OptimisticLocking
from engine.flatfile import events, followers, parts, store
from engine.flatfile.store import FlatfileJob
from engine.flatfile.words import ENDS, Ref
from engine.jobs import backoff, journal, liveness, queue, waits
from engine.jobs import store as jobs
from engine.jobs.journal import Line
from engine.jobs.outcomes import check_outcome
from engine.jobs.queue import Finish
from engine.model import LogLevel, Status


class Backoff(Protocol):
    """Of the settings, what says when a job that failed is tried again."""

    @property
    def retry_base_ms(self) -> int:
        """After the first failure."""

    @property
    def retry_max_ms(self) -> int:
        """At most."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a handler is; None leaves what was told before."""

    progress: int | None = None
    info: str | None = None
    estimated_completion_at: datetime | None = None


NOTHING = Progress()


async def ack(conn: Connection, app: str, ref: Ref, told: Progress) -> FlatfileJob:
    """The handler has the job, and is so far: its lease is renewed. A job that is nobody's becomes the caller's.

    In a transaction. OptimisticLocking if the attempt is over or another's, BadRequest if the job cannot be taken.
    """
    job = await _mine(conn, app, ref)
    if job.status in (Status.STOPPING, Status.CANCELING):
        raise _refused(job, ref, f"it is {job.status}: nothing of this attempt counts any more")
    await record(conn, job, told)
    return await events.refreshed(conn, job)


async def record(conn: Connection, job: FlatfileJob, told: Progress) -> None:
    """Keeps what a handler tells, and renews its lease."""
    if told.progress is not None or told.info is not None:
        await jobs.set_progress(conn, job.id, percent=told.progress, message=told.info)
    await store.update(conn, job.id, info=told.info, estimated_completion_at=told.estimated_completion_at)
    if job.worker_id is not None and not job.listening:
        await liveness.beat(conn, job.worker_id, used=1, draining=False)


async def complete(conn: Connection, app: str, ref: Ref, outcome: object, info: str | None) -> FlatfileJob:
    """The job is done, with this outcome. In a transaction; errors as in `ack`, and of a wrong outcome."""
    left = _left(outcome, info)
    job = await _mine(conn, app, ref)
    results = {"results": {"status": "ok", "response": left}} if left else None
    await _finish(conn, job, Finish(job.id, job.attempt, False, results))
    await free(conn, job)
    await store.update(conn, job.id, info=info)
    return await over(conn, job)


async def fail(
    conn: Connection, app: str, ref: Ref, outcome: object, info: str | None, settings: Backoff
) -> FlatfileJob:
    """The attempt failed: the job is tried again if it has tries left, as after any failure. In a transaction."""
    left = _left(outcome, info)
    job = await _mine(conn, app, ref)
    message = info or left.get("outcome", {}).get("message") or "the handler failed"
    error = {"code": "unknownError", "message": message}
    await _write_line(conn, job, LogLevel.ERROR, f"unknownError: {message}"[:2000])
    if job.status is Status.RUNNING and job.failures + 1 < job.max_attempts:
        await _try_again(conn, job, message, settings)
    else:
        await _finish(conn, job, Finish(job.id, job.attempt, True, left or None, error))
    await free(conn, job)
    await store.update(conn, job.id, info=info)
    return await over(conn, job)


async def note(conn: Connection, app: str, ref: Ref, level: LogLevel, message: str) -> FlatfileJob:
    """Adds a line to the job's log. In a transaction; errors as in `ack`."""
    job = await _mine(conn, app, ref)
    await _write_line(conn, job, level, message)
    return job


async def _write_line(conn: Connection, job: FlatfileJob, level: LogLevel, message: str) -> None:
    await journal.append_lines(conn, [Line(job.id, round(time.time() * 1000), level, message)])


async def let_go(conn: Connection, job: FlatfileJob) -> None:
    """Ends what a handler far away holds of a job that was canceled or stopped, or takes too long: nobody here is to be
    waited for."""
    if job.status is Status.CANCELING:
        await queue.finish(conn, [Finish(job.id, job.attempt)])
    elif job.status is Status.STOPPING:
        await queue.stopped(conn, job)
    elif job.overdue:
        message = f"the handler did not end within {job.timeout_ms} ms"
        await _write_line(conn, job, LogLevel.ERROR, f"timeout: {message}")
        error = {"code": "timeout", "message": message, "limit": "wall"}
        await _finish(conn, job, Finish(job.id, job.attempt, True, None, error))
    else:
        return
    await free(conn, job)


async def free(conn: Connection, job: FlatfileJob) -> None:
    """The lease of a job that was acknowledged by its bare id goes with it."""
    if job.remote and not job.listening and job.worker_id is not None:
        await conn.execute(load("worker_leave"), job.worker_id)


def _left(outcome: object, info: str | None) -> dict[str, Any]:
    kept: dict[str, Any] = {} if outcome is None else {"outcome": check_outcome(outcome)}
    return kept if info is None else {**kept, "info": info}


async def _mine(conn: Connection, app: str, ref: Ref) -> FlatfileJob:
    """The job, locked, and held by who answers; one that is nobody's yet is taken first."""
    job = await store.held(conn, app, ref.id)
    if ref.attempt is not None:
        check_attempt(job, ref)
        return job if job.worker_id is not None else await _taken(conn, job)
    if job.word in ENDS:
        raise _refused(job, ref, f"it is {job.word}")
    if job.worker_id is None and job.status in (Status.PENDING, Status.RUNNING):
        return await _taken(conn, job)
    if job.listening:
        raise _refused(
            job, ref, f"a listener has it, as {Ref(job.id, job.attempt)}: answer with the jobId of its event"
        )
    if not job.remote:
        raise _refused(job, ref, f"it is {job.status}, and no handler over HTTP has it")
    return job


def check_attempt(job: FlatfileJob, ref: Ref) -> None:
    """Pass if this is the attempt that holds the job, or the job waits for its parts; else OptimisticLocking."""
    if job.attempt != ref.attempt:
        raise _refused(job, ref, f"attempt {job.attempt} has the job now: the lease of this one ran out")
    if job.word in ENDS:
        raise _refused(job, ref, f"the job is {job.word}")
    if job.status in (Status.PENDING, Status.STOPPED):
        raise _refused(job, ref, f"the job is {job.status} again: this attempt's lease ran out, or it was stopped")
    if not job.remote and job.worker_id is not None:
        raise _refused(job, ref, "a worker has the job")


def _refused(job: FlatfileJob, ref: Ref, why: str) -> OptimisticLocking:
    return OptimisticLocking(
        f"the answer for job {ref} is refused: {why}",
        additional_info={"jobId": str(ref), "status": job.word, "attempt": job.attempt},
    )


async def _taken(conn: Connection, job: FlatfileJob) -> FlatfileJob:
    """The job, claimed by its id for a lease of its own, which each answer renews."""
    if job.status is Status.PENDING and job.phase == "waiting" and "part" in job.config:
        raise _refused(job, Ref(job.id), "it waits for the part before it")
    if job.follows:
        raise _refused(job, Ref(job.id), "it waits for its predecessors")
    worker = uuid4()
    await liveness.register(conn, worker, name=f"http {job.id}", version=__version__, slots=1, hungry=False)
    await conn.execute(load("flatfile_lease_insert"), worker, job.app, None)
    parked = job.status is Status.RUNNING
    row = await conn.fetchrow(load("flatfile_take"), job.id, job.app, worker, parked)
    if row is None:
        raise BadRequest(
            f"job {job.id} cannot be taken now: it is {job.word}, or limits of its app or key hold it back",
            additional_info={"jobId": str(job.id), "status": job.word},
        )
    if row["awaited"]:
        await waits.wake(conn, [(job.id, Status.RUNNING)])
    await store.update(conn, job.id, phase="ready")
    return await store.get(conn, job.app, job.id)


async def _try_again(conn: Connection, job: FlatfileJob, message: str, settings: Backoff) -> None:
    delay = backoff.delay_ms(
        job.failures + 1, base_ms=settings.retry_base_ms, max_ms=settings.retry_max_ms, random=random.random
    )
    await queue.retry(conn, job, delay_ms=delay, detail=message[:500])


async def _finish(conn: Connection, job: FlatfileJob, end: Finish) -> None:
    (status,) = await queue.finish(conn, [end])
    if status is None:
        raise _refused(job, Ref(job.id, end.attempt), "its claim is lost")


async def over(conn: Connection, job: FlatfileJob, *, touched: bool = True) -> FlatfileJob:
    """Tells what an end, or another turn of a job, has changed of it and of those that waited for it."""
    now = await store.get(conn, job.app, job.id)
    moved: list[tuple[FlatfileJob, list[str]]] = []
    # Two that see the same end come here one after the other: for the second it is no news.
    if now.word in ENDS and now.told.word not in ENDS:
        moved += await parts.ended(conn, now)
        moved += [(each, []) for each in await followers.ended(conn, now)]
    await events.tell(conn, now, touched=touched)
    for other, also in moved:
        await events.refreshed(conn, other, also=also, touched=False)
    return now
