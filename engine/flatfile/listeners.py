"""Listeners that are far away: workers over HTTP. A poll is a heartbeat, brings events, and claims jobs.

A job:ready of a handler that the listener has comes by a claim alone, to one listener, and names the attempt. So no job
is done twice because two processes listen, and an answer that comes too late is known as one.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from engine import __version__
from engine.db.pool import Connection, Pool
from engine.db.sql import load
from engine.errors import NotFound
from engine.flatfile import events, feed, store
from engine.flatfile.store import FlatfileJob
from engine.flatfile.words import READY, Ref
from engine.jobs import liveness, queue, ready
from engine.jobs.ready import Lane
from engine.model import Status, handler_queue

# How many entries to look at beyond the free slots: others may hold locks on the first ones.
_EXTRA = 50


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener that is alive, and the handlers that it has."""

    id: UUID
    app: str
    jobs: frozenset[str]


@dataclass(frozen=True, slots=True)
class News:
    """What a poll brings: events as documents, the number behind which the next poll reads, and which of the attempts
    that the listener believed to hold are not its any more."""

    events: Sequence[Mapping[str, Any]]
    cursor: int
    released: Sequence[str]


async def register(conn: Connection, app: str, jobs: Collection[str], *, name: str, slots: int) -> tuple[Listener, int]:
    """A new listener, and the number behind which its events begin. In a transaction; BadRequest names a wrong job."""
    for job in jobs:
        handler_queue(job)
    listener = Listener(uuid4(), app, frozenset(jobs))
    await liveness.register(conn, listener.id, name=name, version=__version__, slots=slots, hungry=False)
    await conn.execute(load("flatfile_lease_insert"), listener.id, app, sorted(listener.jobs))
    return listener, await feed.end(conn, app)


async def leave(conn: Connection, listener: Listener) -> None:
    """The listener goes; what it holds is given back at once. In a transaction."""
    await liveness.leave(conn, listener.id)


async def get(conn: Connection, app: str, listener_id: UUID) -> Listener:
    """The app's listener; NotFound if it is none, or was silent for so long that it was declared dead."""
    jobs = await conn.fetchval(load("flatfile_lease_get"), listener_id, app)
    if jobs is None:
        raise _unknown(listener_id)
    return Listener(listener_id, app, frozenset(jobs))


async def beat(pool: Pool, listener: Listener, *, used: int, stale_ms: int) -> None:
    """Renews the lease of all that the listener holds, and buries workers that are silent; NotFound if it is dead.

    Others' jobs come back to the queue also where no worker of the platform runs.
    """
    async with pool.acquire() as conn:
        alive = await liveness.beat(conn, listener.id, used=used, draining=False)
    if not alive:
        raise _unknown(listener.id)
    await pool.run(lambda conn: liveness.rescue(conn, stale_ms=stale_ms))


def _unknown(listener_id: UUID) -> NotFound:
    return NotFound(
        f"there is no listener {listener_id}: it was silent for too long, or has left; register again",
        additional_info={"listenerId": str(listener_id)},
    )


async def look(pool: Pool, listener: Listener, *, after: int, held: Collection[Ref], free: int) -> News:
    """What is new for the listener, which believes to hold these attempts, and has slots for so many more."""
    await feed.catch_up_in_turn(pool, listener.app)
    if free > 0 and listener.jobs:
        await _claim(pool, listener, free)
    async with pool.acquire() as conn:
        owned = await conn.fetch(load("flatfile_held"), listener.app, listener.id)
    for row in owned:
        if row["status"] in (Status.CANCELING, Status.STOPPING):
            await feed.tell_of(pool, listener.app, row["id"])
    mine = {Ref(row["id"], row["attempt"]) for row in owned if row["status"] == Status.RUNNING}
    async with pool.acquire() as conn:
        rows = await feed.read(conn, listener.app, after)
        # What it holds and does not know is told again: the answer that had it may have been lost.
        fresh = await store.get_many(conn, listener.app, [ref.id for ref in mine - set(held)])
    documents = _merged(rows, {job.id: _started(job) for job in fresh}, listener.jobs)
    released = [str(ref) for ref in held if ref not in mine]
    return News(documents, rows[-1]["n"] if rows else after, released)


def _started(job: FlatfileJob) -> dict[str, Any]:
    ref = Ref(job.id, job.attempt)
    return {
        **events.document({"n": ref, "topic": READY, "at": datetime.now(UTC), "context": {}, "payload": {}}),
        "context": events.context(job, ref),
        "payload": events.payload(job, READY),
    }


def _merged(
    rows: Sequence[Mapping[str, Any]], started: Mapping[UUID, Mapping[str, Any]], own: Collection[str]
) -> list[Mapping[str, Any]]:
    """The events, each claimed job's start where the feed has it, else before them all."""
    left = dict(started)
    merged: list[Mapping[str, Any]] = []
    for row in rows:
        if row["topic"] != READY or row["payload"].get("job") not in own:
            merged.append(events.document(row))
        elif row["job_id"] in left:
            merged.append(left.pop(row["job_id"]))
    return [*left.values(), *merged]


async def _claim(pool: Pool, listener: Listener, free: int) -> None:
    """Claims jobs for the listener's handlers, as any worker does; and lets the feed know that they run."""
    queues = {handler_queue(name) for name in listener.jobs}
    async with pool.acquire() as conn:
        found = await ready.look(conn, after=(listener.app, ""))
        lanes = [name for app, name in found.lanes if app == listener.app and name in queues]
        random.shuffle(lanes)
        claims: list[queue.Claim] = []
        for lane in lanes:
            if len(claims) < free:
                left = free - len(claims)
                wanted = Lane(listener.app, lane, most=left, depth=left + _EXTRA)
                claims += (await queue.claim(conn, listener.id, [wanted], limit=left)).claims
    for claim in claims:
        await feed.tell_of(pool, listener.app, claim.id)
