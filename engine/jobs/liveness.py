"""Which workers are alive, and what becomes of the jobs of those that are not.

Leases belong to workers: a heartbeat is one write. A worker whose row is gone may not claim, and
everything that it still writes fails at the fence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.db.pool import Connection
from engine.db.sql import load
from engine.jobs import queue, waits
from engine.jobs.changes import record_change
from engine.jobs.names import JOBS_CHANNEL
from engine.jobs.queue import Finish
from engine.model import Status

# A job that took this many workers with it is not tried again: it may be what kills them.
MAX_RESCUES = 20


@dataclass(frozen=True, slots=True)
class Rescue:
    """What one look at the workers found."""

    dead: Sequence[str]
    requeued: int
    given_up: int


async def register(conn: Connection, worker: UUID, *, name: str, version: str, slots: int, hungry: bool = True) -> None:
    """The worker may claim from now on; whoever makes jobs wakes the listeners while a worker is `hungry`."""
    await conn.execute(load("worker_register"), worker, name, version, slots, hungry)


async def tell_hungry(conn: Connection, worker: UUID, hungry: bool) -> None:
    """Whether the worker has slots for more than it found: from this commit on it is woken for new jobs, or not."""
    await conn.execute(load("worker_hungry"), worker, hungry)


async def beat(conn: Connection, worker: UUID, *, used: int, draining: bool) -> bool:
    """Renews every lease of the worker; False if it was declared dead and must drop what it holds."""
    return await conn.fetchval(load("worker_beat"), worker, used, draining) is not None


async def leave(conn: Connection, worker: UUID) -> None:
    """The worker holds nothing any more and goes; jobs that it does hold are given back like a dead worker's."""
    await conn.execute(load("worker_leave"), worker)
    await _requeue(conn, [worker], await _ids(conn, "worker_held", [worker]))


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker as its last heartbeat left it: `used` of its `slots` run jobs; a draining one claims no more."""

    id: UUID
    name: str
    version: str
    slots: int
    used: int
    draining: bool
    started_at: datetime
    heartbeat_at: datetime


async def workers(conn: Connection, *, stale_ms: int) -> list[WorkerState]:
    """The workers whose heartbeat is younger than `stale_ms`, oldest first."""
    return [WorkerState(**row) for row in await conn.fetch(load("worker_list"), stale_ms)]


async def renew(conn: Connection, old: UUID, new: UUID, *, held: Sequence[tuple[UUID, int]], **described: Any) -> int:
    """How many jobs went back to the queue because the worker holds them without knowing it.

    A claim whose connection broke may have been committed, or may even be running still. The removal of the
    old row waits for the one and forbids the other; the attempts (id, attempt) that the worker does know go
    on under its new id, which is `described` as for `register`. In a transaction.
    """
    await conn.execute(load("worker_leave"), old)
    await register(conn, new, **described)
    await conn.execute(load("worker_transfer"), old, new, [id for id, _ in held], [attempt for _, attempt in held])
    requeued, given_up = await _requeue(conn, [old], await _ids(conn, "worker_held", [old]))
    return requeued + given_up


async def rescue(conn: Connection, *, stale_ms: int) -> Rescue:
    """Buries workers without a heartbeat for `stale_ms` and gives their jobs back. In a transaction.

    A worker that froze in a transaction still holds locks on some of its jobs. Those are left for the next call, and
    the worker's row with them; the others go back now.
    """
    stale = [row["id"] for row in await conn.fetch(load("worker_stale"), stale_ms)]
    if not stale:
        return Rescue([], 0, 0)
    requeued, given_up = await _requeue(conn, stale, await _ids(conn, "worker_held_free", stale))
    buried = await conn.fetch(load("worker_bury"), stale)
    return Rescue([row["name"] for row in buried], requeued, given_up)


async def _ids(conn: Connection, statement: str, workers: Sequence[UUID]) -> list[UUID]:
    return [row["id"] for row in await conn.fetch(load(statement), list(workers))]


async def _requeue(conn: Connection, workers: Sequence[UUID], jobs: Sequence[UUID]) -> tuple[int, int]:
    """Takes these jobs from the workers, if they still hold them; how many went back, and how many were given up."""
    orphans = await conn.fetch(load("worker_orphans"), list(workers), list(jobs)) if jobs else []
    if not orphans:
        return 0, 0
    hopeless = [row for row in orphans if row["status"] == "RUNNING" and row["rescues"] >= MAX_RESCUES]
    canceling = [row for row in orphans if row["status"] == "CANCELING"]
    await _end(conn, [*hopeless, *canceling])
    ids = [row["id"] for row in orphans]
    moved = [(row["id"], Status.PENDING) for row in await conn.fetch(load("worker_rescue"), ids)]
    moved += [(row["id"], Status.STOPPED) for row in await conn.fetch(load("worker_rescue_stopped"), ids)]
    attempts = {row["id"]: row["attempt"] for row in orphans}
    await record_change(conn, "rescued", [(id, attempts[id]) for id, _ in moved])
    if moved:
        await conn.execute(load("notify"), JOBS_CHANNEL, "")
    awaited = {row["id"] for row in orphans if row["awaited"]}
    if waiting := [(id, status) for id, status in moved if id in awaited]:
        await waits.wake(conn, waiting, pass_by=True)
    return len(moved), len(hopeless)


async def _end(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Ends orphans that no worker will run again: those being canceled, and those that keep killing workers."""
    error = {
        "code": "systemException",
        "message": f"the job's worker died {MAX_RESCUES + 1} times while running it; it is not tried again",
    }
    if rows:
        await queue.finish(conn, [_end_of(row, error) for row in rows], pass_by=True)
    await record_change(conn, "lost", [(row["id"], row["attempt"]) for row in rows if row["status"] == "RUNNING"])


def _end_of(row: Mapping[str, Any], error: Mapping[str, Any]) -> Finish:
    failed = row["status"] == "RUNNING"
    return Finish(row["id"], row["attempt"], failed, error=error if failed else None)
