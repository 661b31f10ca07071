"""Locks of records, one call at a time: who has one after each way in which its holder may end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from engine.db.pool import Pool
from engine.jobs import liveness, locks, waits
from engine.jobs.liveness import MAX_RESCUES
from engine.jobs.locks import Hold, Lockable
from engine.jobs.queue import Claim
from tests.engine.hands import APP, LATER, Hand, ask, enqueue, make_due, new

WHAT = Lockable(APP, "companies", uuid4())


async def take(pool: Pool, job_id: UUID, what: Lockable = WHAT) -> Hold:
    """The job asks for the lock, in a transaction of its own."""
    return await pool.run(lambda conn: locks.take(conn, what, job_id))


async def held(pool: Pool, job_id: UUID) -> Hold:
    """What the job has of the lock now."""
    return await pool.run(lambda conn: locks.held(conn, WHAT, job_id))


async def asks(pool: Pool, claim: Claim, what: Lockable = WHAT) -> Hold:
    """The job asks for the lock, and parks if it has to wait."""
    hold = await take(pool, claim.id, what)
    if hold is Hold.WAITING:
        async with pool.acquire() as conn:
            assert await waits.park(conn, claim.id, claim.attempt, datetime.now(UTC) + LATER)
    return hold


async def one_waits(pool: Pool) -> tuple[Hand, Claim, Claim]:
    """A worker, its job that holds the lock, and the one that waits for it."""
    await enqueue(pool, new(), new())
    hand = await Hand.join(pool)
    first, second = await hand.claim(2)
    assert [await asks(pool, first), await asks(pool, second)] == [Hold.GRANTED, Hold.WAITING]
    return hand, first, second


async def is_due(pool: Pool, job_id: UUID) -> bool:
    """Whether a worker would claim the job now."""
    row = await pool.fetchrow("select ready_at <= now() as due from headrace.jobs_live where id = $1", job_id)
    return row is not None and bool(row["due"])


async def finished(hand: Hand, claim: Claim) -> None:
    """The holder's script returned."""
    await hand.finish(claim)


async def canceled_while_stopped(hand: Hand, claim: Claim) -> None:
    """The holder was stopped at once, and then canceled."""
    await ask(hand.pool, "force", claim.id)
    assert await held(hand.pool, claim.id) is Hold.GRANTED
    await ask(hand.pool, "cancel", claim.id)


async def gave_up(hand: Hand, claim: Claim) -> None:
    """The holder's worker died, as did those before it."""
    await hand.pool.execute("update headrace.jobs_live set rescues = $1 where id = $2", MAX_RESCUES, claim.id)
    async with hand.pool.transaction() as conn:
        await liveness.leave(conn, hand.id)


async def gave_back(hand: Hand, claim: Claim) -> None:
    """The holder unlocked it."""
    assert await hand.pool.run(lambda conn: locks.give_back(conn, WHAT, claim.id))


async def begins_anew(hand: Hand, claim: Claim) -> None:
    """The holder begins anew."""
    await hand.pool.run(lambda conn: locks.release(conn, [claim.id]))


@pytest.mark.parametrize("ends", [finished, canceled_while_stopped, gave_up, gave_back, begins_anew])
async def test_the_next_in_the_line(pool: Pool, ends: Callable[[Hand, Claim], Awaitable[None]]) -> None:
    """However the holder ends, the first who waits has the lock in the same moment, and is woken; the others wait."""
    other = await Hand.join(pool)
    await enqueue(pool, new(), new(), new())
    hand = await Hand.join(pool)
    (first,) = await hand.claim()
    second, third = await other.claim(2)
    assert [await asks(pool, claim) for claim in (first, second, third)] == [Hold.GRANTED, Hold.WAITING, Hold.WAITING]
    await ends(hand, first)
    assert await held(pool, first.id) is Hold.NOTHING
    assert await held(pool, second.id) is Hold.GRANTED
    assert await held(pool, third.id) is Hold.WAITING
    assert await is_due(pool, second.id)
    assert not await is_due(pool, third.id)


async def test_a_dead_worker_holds_its_jobs_locks(pool: Pool) -> None:
    """A job that goes back to the queue because its worker died keeps its lock for its next attempt."""
    hand, first, second = await one_waits(pool)
    async with pool.transaction() as conn:
        await liveness.leave(conn, hand.id)
    assert await held(pool, first.id) is Hold.GRANTED
    assert await held(pool, second.id) is Hold.WAITING


async def test_what_was_left_lying(pool: Pool) -> None:
    """The sweep clears locks of jobs that are over, and grants a free one to who was passed over when it went."""
    hand, first, second = await one_waits(pool)
    async with pool.transaction() as conn:
        # Somebody has the waiter's row, so that whoever hands on has to pass it over.
        await conn.execute("select from headrace.jobs_live where id = $1 for update", second.id)
        await hand.finish(first)
    assert await held(pool, second.id) is Hold.WAITING
    assert await pool.run(locks.sweep) == 0
    assert await held(pool, second.id) is Hold.GRANTED
    assert await is_due(pool, second.id)
    await pool.execute("update headrace.record_locks set job_id = $1", uuid4())
    await pool.run(locks.sweep)
    assert not await pool.fetch("select from headrace.record_locks")


async def test_a_circle_of_locks(pool: Pool) -> None:
    """Of three jobs that wait in a circle the last to ask is told so, once; the others wait on."""
    records = [Lockable(APP, "companies", uuid4()) for _ in range(3)]
    await enqueue(pool, new(), new(), new())
    hand = await Hand.join(pool)
    claims = await hand.claim(3)
    for claim, what in zip(claims, records, strict=True):
        assert await asks(pool, claim, what) is Hold.GRANTED
    for claim, what in zip(claims, records[1:] + records[:1], strict=True):
        assert await asks(pool, claim, what) is Hold.WAITING
    assert await pool.run(locks.sweep) == 1
    assert await pool.run(locks.sweep) == 0
    assert [await is_due(pool, claim.id) for claim in claims] == [False, False, True]
    assert await take(pool, claims[2].id, records[0]) is Hold.DEADLOCKED


async def test_waiting_past_the_time(pool: Pool) -> None:
    """Who is woken by its deadline when the lock is free has it."""
    hand, first, second = await one_waits(pool)
    await make_due(pool, second.id)
    async with pool.transaction() as conn:
        await conn.execute("select from headrace.jobs_live where id = $1 for update", second.id)
        await hand.finish(first)
    assert await take(pool, second.id) is Hold.GRANTED
