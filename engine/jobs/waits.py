"""Jobs that wait for jobs: a row, not a worker.

A waiter parks with rows in job_waits and its deadline as ready_at. Whoever moves an awaited job into
a status wakes its waiters in the same transaction. The two cannot miss each other: the waiter marks
the awaited rows before it looks at their statuses, and the mark and the move lock the same row.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import LostRace, NotFound
from engine.jobs import locks
from engine.jobs.names import JOBS_CHANNEL
from engine.model import FINAL, Status


async def statuses(conn: Connection, app: str, ids: Sequence[UUID]) -> dict[UUID, Status]:
    """The status of each of the app's jobs; NotFound names the first that the app does not have."""
    rows = await conn.fetch(load("job_status"), list(ids), app)
    found = {row["id"]: Status(row["status"]) for row in rows}
    for id in ids:
        if id not in found:
            raise NotFound(f"there is no job {id} in this app", additional_info={"jobId": str(id)})
    return found


async def pending(
    conn: Connection, app: str, waiter: UUID, ids: Sequence[UUID], wanted: Collection[Status]
) -> list[UUID]:
    """The awaited jobs that are in none of the wanted statuses, marked so that their moves look for waiters.

    In the transaction that parks the waiter if any are left. Waits of an earlier park are dropped.
    """
    await drop(conn, waiter)
    await conn.execute(load("wait_mark_awaited"), list(ids))
    found = await statuses(conn, app, ids)
    left = [id for id in ids if found[id] not in wanted]
    if left:
        await conn.execute(load("wait_insert"), left, waiter, [status.value for status in wanted])
    return left


async def still_pending(
    conn: Connection, app: str, waiter: UUID, ids: Sequence[UUID], wanted: Collection[Status]
) -> list[UUID]:
    """What is left of a wait that `pending` began: a job that reached a wanted status and moved on is not.

    A job that is there now counts too, whoever should have told: its row goes, or nobody would wake the waiter.
    """
    rows = await conn.fetch(load("wait_left"), waiter)
    waited = {row["awaited_id"] for row in rows}
    found = await statuses(conn, app, [id for id in ids if id in waited])
    reached = [id for id, status in found.items() if status in wanted]
    if reached:
        await conn.execute(load("wait_reached"), waiter, reached)
    return [id for id, status in found.items() if status not in wanted]


async def drop(conn: Connection, waiter: UUID) -> None:
    """The waiter waits no more, for whatever reason."""
    await conn.execute(load("wait_delete"), [waiter])


async def park(conn: Connection, waiter: UUID, attempt: int, deadline: datetime) -> bool:
    """Frees the waiter's slot until it is woken, or the deadline; False if the claim is lost."""
    return await conn.fetchval(load("job_park"), waiter, attempt, deadline) is not None


async def lock(conn: Connection, ids: Sequence[UUID]) -> None:
    """Locks jobs that the transaction will move, and who waits for them, in the order of ids: its first statement.

    Whoever waits for a lock holds none out of this order, so that no two moves wait for each other.
    """
    await conn.execute(load("jobs_lock_moving"), list(ids))


async def lock_now(conn: Connection, ids: Sequence[UUID]) -> None:
    """Locks jobs that were not there yet when `lock` was called; LostRace if somebody else has one of them."""
    try:
        await conn.execute(load("jobs_lock_now"), list(ids))
    except asyncpg.LockNotAvailableError as error:
        raise LostRace("a job that began meanwhile is locked by another transaction") from error


async def wake(conn: Connection, moved: Sequence[tuple[UUID, Status]], *, pass_by: bool = False) -> list[UUID]:
    """The waiters that became claimable because these jobs are in these statuses now.

    In the transaction of the move, behind `lock`. Each statement has a snapshot of its own: after the lock, the
    other wakes of the same waiter are either visible or still to come. What a job that ended held is handed on.

    A job that began to wait after that lock may be another transaction's now: LostRace, for to wait for it here would
    be out of order. With `pass_by` it is left to `wake_overdue` instead.
    """
    await locks.release(conn, [id for id, status in moved if status in FINAL])
    ids = [id for id, _ in moved]
    waiting = await conn.fetch(load("wake_lock"), ids)
    waiters = [row["id"] for row in waiting if row["held"]]
    if len(waiters) < len(waiting) and not pass_by:
        raise LostRace("a job that began to wait meanwhile is locked by another transaction")
    if not waiters:
        return []
    await conn.execute(load("wake_resolve"), ids, [status.value for _, status in moved], waiters)
    woken = [row["id"] for row in await conn.fetch(load("wake_ready"), waiters)]
    if woken:
        await conn.execute(load("notify"), JOBS_CHANNEL, "")
    return woken


async def wake_overdue(conn: Connection) -> list[UUID]:
    """The waiters that nobody woke although they should have been; in a transaction."""
    rows = await conn.fetch(load("wake_overdue"))
    moved = [(row["id"], Status(row["status"])) for row in rows]
    return await wake(conn, moved, pass_by=True) if moved else []


async def sweep(conn: Connection) -> None:
    """Drops what is left of waits whose waiter has ended, by cancel or by failing on its way back to the wait."""
    await conn.execute(load("wait_sweep"))
