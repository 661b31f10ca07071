"""Locks on records, for the job that asks: `record.lock`, `tryLock` and `unlock`.

A lock that is granted comes with the record as it is now, for who waited may have read it before others saved it.
"""

from __future__ import annotations

from typing import Any

from engine.apps.manifest import Entity
from engine.data import records
from engine.db.pool import Connection
from engine.errors import Deadlock, NotFound, WaitTimeout
from engine.hostapi.args import Args
from engine.hostapi.caller import Caller, Park
from engine.hostapi.jobs import MAX_WAIT_MS
from engine.jobs import locks
from engine.jobs.locks import Hold, Lockable


async def open_lock(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.lock [entity, id, maxTimeToWait] -> the record once its lock is the job's."""
    entity = await _entity(caller, conn, args)
    what = Lockable(caller.app, entity.name, records.check_id(args.get(1)))
    most_ms = args.whole(2, "maxTimeToWait", high=MAX_WAIT_MS)
    await _current(conn, entity, what)
    return Park(caller.now_ms + most_ms, lock=(what.entity, what.record_id))


async def close_lock(caller: Caller, conn: Connection, args: Args, park: Park, timed_out: bool) -> Any:
    """The record, if its lock is the job's now; else the job leaves the line with an error."""
    entity = await _entity(caller, conn, args)
    what = Lockable(caller.app, entity.name, records.check_id(args.get(1)))
    hold = await locks.held(conn, what, caller.job.id)
    if hold is Hold.GRANTED:
        return await _granted(caller, conn, entity, what)
    owner = await locks.holder(conn, what)
    await locks.leave(conn, what, caller.job.id)
    info = {"id": str(what.record_id), "holder": None if owner is None else str(owner)}
    if hold is Hold.DEADLOCKED:
        raise Deadlock(
            f"a deadlock: job {owner} holds the lock of record {what.record_id} of {what.entity}, and waits in turn "
            "for this job; give back what it needs and try again, or take locks in the same order everywhere",
            additional_info={**info, "deadlock": True},
        )
    raise WaitTimeout(
        f"the lock of record {what.record_id} of {what.entity} was not free within {args.get(2)} ms: "
        f"job {owner} holds it",
        additional_info=info,
    )


async def try_lock(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.tryLock [entity, id] -> the record if its lock is the job's now, null if another job has it."""
    entity = await _entity(caller, conn, args)
    what = Lockable(caller.app, entity.name, records.check_id(args.get(1)))
    await _current(conn, entity, what)
    if await locks.take(conn, what, caller.job.id) is Hold.GRANTED:
        return await _granted(caller, conn, entity, what)
    await locks.leave(conn, what, caller.job.id)
    return None


async def unlock(caller: Caller, conn: Connection, args: Args) -> Any:
    """data.unlock [entity, id] -> whether the lock was the job's."""
    entity = await _entity(caller, conn, args)
    return await locks.give_back(conn, Lockable(caller.app, entity.name, records.check_id(args.get(1))), caller.job.id)


async def _granted(caller: Caller, conn: Connection, entity: Entity, what: Lockable) -> dict[str, Any]:
    """The record under its lock; who waited for one that was removed meanwhile hands the lock on."""
    try:
        return (await _current(conn, entity, what)).to_wire()
    except NotFound:
        await locks.give_back(conn, what, caller.job.id)
        raise


async def _current(conn: Connection, entity: Entity, what: Lockable) -> records.Record:
    found = await records.find_by_id(conn, what.app, entity, what.record_id)
    if found is None:
        raise NotFound(f"there is no record {what.record_id} of {entity.name}")
    return found


async def _entity(caller: Caller, conn: Connection, args: Args) -> Entity:
    return (await caller.manifest(conn)).entity(args.get(0))
