"""Who waits for the row of a job holds none out of order: what a transaction locks, when, and whom it passes by."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from engine.db.pool import Connection, Pool
from engine.db.sql import load
from engine.errors import LostRace
from engine.jobs import commands, queue, waits
from engine.jobs.queue import Claim, Finish
from engine.model import Status
from tests.engine.hands import APP, Hand, enqueue, enqueue_one, new, rows, status
from tests.engine.shop import LONG_S
from tests.explained import nodes, watched

LOCK = "select 1 from headrace.jobs_live where id = $1 for update"
FREE = "select id from headrace.jobs_live for update skip locked"


async def waits_for(pool: Pool, *awaited: UUID) -> UUID:
    """A job that is parked until these are FINISHED."""
    waiter = await enqueue_one(pool, urgent=True)
    claim = await (await Hand.join(pool)).claim_one()
    assert await (await Hand.join(pool)).park(claim, awaited, (Status.FINISHED,)) == list(awaited)
    return waiter


async def locked_by(pool: Pool, work: Callable[[Connection], Awaitable[Any]]) -> set[UUID]:
    """The live jobs that are locked once `work` has been done, in a transaction that is open still."""
    async with pool.transaction() as conn:
        await work(conn)
        async with pool.transaction() as other:
            free = {row["id"] for row in await other.fetch(FREE)}
    return {row["id"] for row in await pool.fetch("select id from headrace.jobs_live")} - free


async def test_what_moves_is_locked_with_who_waits_for_it(pool: Pool) -> None:
    """By one statement, whether an end or an attempt says so; other jobs stay free."""
    awaited, _ = await enqueue_one(pool), await enqueue_one(pool)
    waiter = await waits_for(pool, awaited)
    claim = await (await Hand.join(pool)).claim_one()
    assert claim.id == awaited
    assert await locked_by(pool, lambda conn: waits.lock(conn, [awaited])) == {awaited, waiter}
    assert await locked_by(pool, lambda conn: queue.fence(conn, claim, moving=True)) == {awaited, waiter}
    assert await locked_by(pool, lambda conn: queue.fence(conn, claim)) == {awaited}


async def test_a_fence_locks_what_it_is_told_to(pool: Pool) -> None:
    """The jobs that the attempt will wait for, also where the claim is lost: PostgreSQL must not look for it first."""
    first, second = await enqueue_one(pool), await enqueue_one(pool)
    claim = await (await Hand.join(pool)).claim_one()
    assert await locked_by(pool, lambda conn: queue.fence(conn, claim, also=[second])) == {first, second}
    lost = claim._replace(attempt=7)

    async def fence(conn: Connection) -> None:
        assert await queue.fence(conn, lost, also=[second]) is None

    assert await locked_by(pool, fence) == {first, second}


async def test_a_fence_locks_no_job_of_another_app(pool: Pool) -> None:
    """Whatever ids a script names: it can hold up nobody but its own app."""
    own, other = await enqueue_one(pool), await enqueue_one(pool, app="other")
    claim = await (await Hand.join(pool)).claim_one()
    assert claim.id == own
    assert await locked_by(pool, lambda conn: queue.fence(conn, claim, also=[other])) == {own}


async def test_a_command_locks_the_tree_and_who_waits_for_it(pool: Pool) -> None:
    """Before it moves anybody."""
    root = await enqueue_one(pool)
    child = await enqueue_one(pool, parent_id=root)
    waiter = await waits_for(pool, child)
    other = await enqueue_one(pool)
    assert await locked_by(pool, lambda conn: commands.stop(conn, APP, root)) == {root, child, waiter}
    assert await status(pool, other) == "PENDING"


async def test_a_waiter_that_somebody_else_has_is_not_waited_for(pool: Pool) -> None:
    """A move without the lock before it meets one that is locked: LostRace, and nothing has happened."""
    awaited = await enqueue_one(pool)
    waiter = await waits_for(pool, awaited)
    claim = await (await Hand.join(pool)).claim_one()
    async with pool.transaction() as other:
        await other.execute(LOCK, waiter)
        with pytest.raises(LostRace, match="began to wait meanwhile"):
            async with pool.transaction() as conn:
                await queue.finish(conn, [Finish(awaited, claim.attempt)])
    assert await status(pool, awaited) == "RUNNING"
    assert len(await pool.fetch("select 1 from headrace.job_waits")) == 1


@pytest.mark.parametrize("change", ["status = 'CANCELING'", "status = 'STOPPING'", "awaited = true"])
@pytest.mark.parametrize("failed", [False, True])
async def test_an_end_in_one_statement_locks_no_job_out_of_order(pool: Pool, change: str, failed: bool) -> None:
    """What is left for later may come before what has ended, and somebody who holds it may want both."""
    first, second = await enqueue(pool, new(), new())
    await (await Hand.join(pool)).claim(2)
    await pool.execute(f"update headrace.jobs_live set {change} where id = $1", first)
    async with pool.transaction() as other, pool.acquire() as conn:
        await other.execute(LOCK, first)
        ends = [Finish(first, 1), Finish(second, 1, failed=failed)]
        async with asyncio.timeout(LONG_S):
            assert await queue.finish(conn, ends, awaited=False) == [None, Status.FINISHED]


async def test_a_waiter_that_was_passed_by_is_woken_by_the_sweep(pool: Pool) -> None:
    """Its wait is kept until somebody can wake it."""
    awaited = await enqueue_one(pool)
    waiter = await waits_for(pool, awaited)
    claim = await (await Hand.join(pool)).claim_one()
    async with pool.transaction() as other:
        await other.execute(LOCK, waiter)
        async with pool.transaction() as conn:
            await queue.finish(conn, [Finish(awaited, claim.attempt)], pass_by=True)
    assert await status(pool, awaited) == "FINISHED"
    before = (await rows(pool, waiter))["ready_at"]
    async with pool.transaction() as conn:
        assert await waits.wake_overdue(conn) == [waiter]
    assert (await rows(pool, waiter))["ready_at"] < before


async def test_a_lost_race_is_run_again_until_it_is_won(pool: Pool) -> None:
    """Also one that the engine itself calls lost; what never wins passes on at last, in a second or so."""
    tries = 0

    async def third(conn: Connection) -> UUID:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise LostRace("a race")
        return uuid4()

    assert isinstance(await pool.run(third), UUID)
    assert tries == 3

    async def never(conn: Connection) -> None:
        nonlocal tries
        tries += 1
        raise LostRace("a race")

    tries = 0
    with pytest.raises(LostRace):
        await pool.run(never)
    assert tries == 12


async def test_a_job_that_came_late_is_not_waited_for(pool: Pool) -> None:
    """A child that its parent started while a command waited for the parent, and that a third one has locked."""
    child = await enqueue_one(pool)
    async with pool.transaction() as other:
        await other.execute(LOCK, child)
        async with pool.transaction() as conn:
            with pytest.raises(LostRace, match="began meanwhile"):
                await waits.lock_now(conn, [child])
            await conn.execute("rollback")


async def test_what_waits_in_the_queue_is_not_read(pool: Pool) -> None:
    """Ends, commands and answers that lock a job and who waits for it read these alone, of however many."""
    ids = await enqueue(pool, *[new(str(n)) for n in range(2000)])
    waiter = await waits_for(pool, ids[7])
    claim = Claim._make([ids[7], *[None] * (len(Claim._fields) - 1)])._replace(attempt=1)
    async with pool.acquire() as conn:
        await conn.execute("analyze headrace.jobs_live")
        async with conn.transaction(), watched(conn) as plans:
            await waits.lock(conn, [ids[7]])
            await queue.fence(conn, claim, moving=True, also=[ids[8]])
            await conn.execute(load("flatfile_lock"), ids[7], APP)
    read = [node for plan in plans for node in nodes(plan) if node.get("Relation Name") == "jobs_live"]
    assert sum(node["Actual Rows"] for node in read) == 2 + (3 + 1 + 1) + 2
    assert not any(node.get("Rows Removed by Filter") for node in read)
    assert await status(pool, waiter) == "RUNNING"
