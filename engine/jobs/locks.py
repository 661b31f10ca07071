"""Locks on records: a job holds one until it gives it back or ends, others wait for it in a line, parked.

A lock is between jobs that ask for it. It forbids nobody to save the record: that is what its version is for.
A job keeps its locks while it is parked, stopped, retried or between two workers, for then it is in the middle of
what they protect. A stopped job is not handed a lock while it is stopped.

The end of a job hands its locks on in the transaction that ends it (`waits.wake`), however it ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby
from typing import Any
from uuid import UUID

from engine.db.pool import Connection
from engine.db.sql import load
from engine.jobs.names import JOBS_CHANNEL


@dataclass(frozen=True, slots=True, order=True)
class Lockable:
    """The record whose lock is meant."""

    app: str
    entity: str
    record_id: UUID


class Hold(Enum):
    """What a job has of a lock. DEADLOCKED: its place in the line closed a circle, and was taken from it."""

    NOTHING = auto()
    WAITING = auto()
    DEADLOCKED = auto()
    GRANTED = auto()


async def take(conn: Connection, what: Lockable, job_id: UUID) -> Hold:
    """GRANTED if the lock was free or the job's own; else the job is in the line: park it in this transaction."""
    await _serialize(conn, [what])
    # Before its row is there: an end of the job from now on looks for locks.
    await conn.execute(load("wait_mark_awaited"), [job_id])
    return _hold(await conn.fetchrow(load("record_lock_take"), *_key(what), job_id))


async def held(conn: Connection, what: Lockable, job_id: UUID) -> Hold:
    """What the job has of the lock."""
    return _hold(await conn.fetchrow(load("record_lock_state"), *_key(what), job_id))


async def holder(conn: Connection, what: Lockable) -> UUID | None:
    """The job that holds the lock, if one does."""
    found: UUID | None = await conn.fetchval(load("record_lock_holder"), *_key(what))
    return found


async def give_back(conn: Connection, what: Lockable, job_id: UUID) -> bool:
    """The first in the line has the lock now; whether it was the job's. A place in the line is given up too."""
    await _serialize(conn, [what])
    granted: bool | None = await conn.fetchval(load("record_lock_leave"), *_key(what), job_id)
    if granted:
        await _hand_on(conn, [what])
    return bool(granted)


async def leave(conn: Connection, what: Lockable, job_id: UUID) -> None:
    """The job waits no more; nobody has to be told, for it does not hold the lock."""
    await conn.execute(load("record_lock_leave"), *_key(what), job_id)


async def release(conn: Connection, job_ids: Sequence[UUID]) -> None:
    """Hands on all that these jobs hold, because they have ended or begin anew."""
    rows = await conn.fetch(load("record_locks_held"), list(job_ids))
    if not rows:
        return
    records = [Lockable(row["app"], row["entity"], row["record_id"]) for row in rows]
    await _serialize(conn, records)
    await conn.execute(load("record_locks_drop"), list(job_ids))
    await _hand_on(conn, records)


async def sweep(conn: Connection) -> int:
    """Hands on what was left lying, and ends deadlocks, of which it returns the number. In a transaction."""
    left = await conn.fetch(load("record_locks_left"))
    await release(conn, sorted({row["job_id"] for row in left if row["over"]}))
    free = [Lockable(row["app"], row["entity"], row["record_id"]) for row in left if not row["over"]]
    if free:
        await _serialize(conn, free)
        await _hand_on(conn, free)
    ended = 0
    while await conn.fetchval(load("record_locks_waiting")) and await conn.fetch(load("record_locks_deadlock")):
        ended += 1
    if ended:
        await conn.execute(load("notify"), JOBS_CHANNEL, "")
    return ended


def _key(what: Lockable) -> tuple[str, str, UUID]:
    return what.app, what.entity, what.record_id


def _hold(row: Mapping[str, Any] | None) -> Hold:
    if row is None:
        return Hold.NOTHING
    if row["granted"]:
        return Hold.GRANTED
    return Hold.DEADLOCKED if row["deadlocked"] else Hold.WAITING


async def _serialize(conn: Connection, records: Sequence[Lockable]) -> None:
    for app, entities, ids in _by_app(records):
        await conn.execute(load("record_lock_serialize"), app, entities, ids)


async def _hand_on(conn: Connection, records: Sequence[Lockable]) -> None:
    woken = 0
    for app, entities, ids in _by_app(records):
        woken += len(await conn.fetch(load("record_locks_grant"), app, entities, ids))
    if woken:
        await conn.execute(load("notify"), JOBS_CHANNEL, "")


def _by_app(records: Sequence[Lockable]) -> list[tuple[str, list[str], list[UUID]]]:
    """The records of each app, once each and always in the same order."""
    grouped = groupby(sorted(set(records)), key=lambda what: what.app)
    of_app = [(app, list(group)) for app, group in grouped]
    return [(app, [what.entity for what in group], [what.record_id for what in group]) for app, group in of_app]
