"""Stopped apps in the queue: nothing of theirs is claimed, nothing is lost, and others notice nothing."""

from __future__ import annotations

from uuid import UUID

import pytest

from engine.apps import states
from engine.db.pool import Pool
from engine.db.sql import load
from engine.ids import new_id
from engine.jobs import limits
from engine.jobs.limits import QueueLimit
from engine.model import CONTROL_QUEUE, JobType, Status
from tests.engine.hands import APP, Hand, ask, enqueue, enqueue_one, get, make_due, new, status


@pytest.fixture
async def hand(pool: Pool) -> Hand:
    """A worker, and an app that may be stopped."""
    await pool.execute("insert into headrace.apps (name, label, version) values ($1, $1, 1)", APP)
    return await Hand.join(pool)


async def stop(pool: Pool, *, by: UUID | None = None, sleeping: bool = False) -> None:
    async with pool.transaction() as conn:
        await states.stop(conn, APP, sleeping=sleeping, by=by or new_id())


async def start(pool: Pool) -> bool:
    async with pool.transaction() as conn:
        return await states.start(conn, APP)


async def set_aside(pool: Pool) -> int:
    await pool.execute(load("ready_set_aside"))
    row = await pool.fetchrow("select count(*) as n from headrace.job_aside")
    assert row is not None
    return int(row["n"])


@pytest.mark.parametrize("aside", [False, True])
async def test_a_stopped_app_s_jobs_wait(pool: Pool, hand: Hand, aside: bool) -> None:
    """Old and new ones, of every queue, until the start; another app's and the app's own control jobs run."""
    before = await enqueue(pool, new(), new(queue="heavy"), new(low_priority=True))
    await stop(pool)
    if aside:
        assert await set_aside(pool) == 3
    before += await enqueue(pool, new())
    other = await enqueue_one(pool, app="other")
    control = await enqueue_one(pool, type=JobType.START_APP, queue=CONTROL_QUEUE)
    assert {claim.id for claim in await hand.claim(10)} == {other, control}
    assert await start(pool)
    assert {claim.id for claim in await hand.claim(10)} == set(before)
    assert (await set_aside(pool), await start(pool)) == (0, False)


async def test_the_order_stays(pool: Pool, hand: Hand) -> None:
    """What was set aside comes back in its order: those that had begun, then by time, then low priority."""
    ids = [await enqueue_one(pool, low_priority=low) for low in (True, False, False, True, False)]
    begun = await enqueue_one(pool)
    await pool.execute("update headrace.jobs_live set attempt = 1, ready_at = now() where id = $1", begun)
    await stop(pool)
    await set_aside(pool)
    assert await start(pool)
    assert [claim.id for claim in await hand.claim(10)] == [begun, *(ids[n] for n in (1, 2, 4, 0, 3))]


async def test_running_jobs_are_to_be_handed_back(pool: Pool, hand: Hand) -> None:
    """Their worker is told, and nobody else's; what it hands back waits, and goes on after the start."""
    mine = await enqueue_one(pool)
    control, other = (
        await enqueue_one(pool, type=JobType.STOP_APP, queue=CONTROL_QUEUE),
        await enqueue_one(pool, app="other"),
    )
    claims = {claim.id: claim for claim in await hand.claim(10)}
    assert set(claims) == {mine, control, other}
    await stop(pool, by=control)
    told = await pool.fetch(load("job_commands"), list(claims), [1, 1, 1])
    assert [(row["id"], row["halted"], row["lost"]) for row in told] == [(mine, True, False)]
    async with pool.acquire() as conn:
        assert await states.halt(conn, APP, by=control) == states.Halt(1, True)
        assert await states.halt(conn, APP, by=mine) == states.Halt(1, False)
    assert await hand.hand_back(claims[mine])
    async with pool.acquire() as conn:
        assert (await states.halt(conn, APP, by=control)).running == 0
    assert (await get(pool, mine)).status is Status.PENDING
    assert await hand.claim() == []
    await start(pool)
    assert (await hand.claim_one()).id == mine


async def test_a_dead_worker_s_jobs_wait_as_well(pool: Pool, hand: Hand) -> None:
    """A worker that dies while its app is stopped leaves its job to the start."""
    job = await enqueue_one(pool)
    await hand.claim_one()
    await stop(pool)
    await hand.die()
    await set_aside(pool)
    heir = await Hand.join(pool)
    assert (await status(pool, job), await heir.claim()) == (Status.PENDING, [])
    await start(pool)
    assert (await heir.claim_one()).id == job


async def test_delays_come_due_and_wait(pool: Pool, hand: Hand) -> None:
    """A delay that ends while the app is stopped is no way around it."""
    job = await enqueue_one(pool, delay_ms=3_600_000)
    await stop(pool)
    await make_due(pool, job)
    assert await hand.claim() == []
    assert await set_aside(pool) == 1
    await start(pool)
    assert (await hand.claim_one()).id == job


async def test_concurrency_keys_keep_their_turns(pool: Pool, hand: Hand) -> None:
    """Jobs of a key go on one by one after the start."""
    first, second = await enqueue(pool, new(concurrency_key="k"), new(concurrency_key="k"))
    claim = await hand.claim_one()
    assert claim.id == first
    await stop(pool)
    await hand.hand_back(claim)
    assert await hand.claim(5) == []
    await set_aside(pool)
    await start(pool)
    (again,) = await hand.claim(5)
    await hand.finish(again)
    (last,) = await hand.claim(5)
    assert {again.id, last.id} == {first, second}


async def test_commands_reach_jobs_that_are_set_aside(pool: Pool, hand: Hand) -> None:
    """A canceled one is gone, a stopped one stays stopped after the start, until it is resumed."""
    canceled, stopped, last = [await enqueue_one(pool) for _ in range(3)]
    await stop(pool)
    await set_aside(pool)
    await ask(pool, "cancel", canceled)
    await ask(pool, "stop", stopped)
    await start(pool)
    assert [claim.id for claim in await hand.claim(5)] == [last]
    await ask(pool, "resume", stopped)
    assert (await hand.claim_one()).id == stopped


async def test_a_stop_is_beside_limits(pool: Pool, hand: Hand) -> None:
    """It is not among them, no limit that is set or removed lifts it, and a full app has its control jobs run."""
    async with pool.acquire() as conn:
        await limits.set_limit(conn, APP, "", QueueLimit(concurrency=1))
        held = await enqueue_one(pool)
        assert (await hand.claim_one()).id == held
        control = await enqueue_one(pool, type=JobType.STOP_APP, queue=CONTROL_QUEUE)
        assert (await hand.claim_one()).id == control
        await stop(pool)
        assert [one.source for one in await limits.list_limits(conn)] == ["operator"]
        await limits.remove_limit(conn, APP, None)
    waiting = await enqueue_one(pool)
    assert await hand.claim() == []
    await start(pool)
    assert (await hand.claim_one()).id == waiting


async def test_a_start_waits_for_what_is_being_set_aside(pool: Pool, hand: Hand) -> None:
    """An entry that is moved at the moment of the start is not left behind, whoever comes first."""
    job = await enqueue_one(pool)
    await stop(pool)
    async with pool.transaction() as moving:
        await moving.execute(load("ready_set_aside"))
        async with pool.transaction() as conn:
            await conn.execute("set local lock_timeout = '50ms'")
            with pytest.raises(Exception, match="lock timeout"):
                await states.start(conn, APP)
    async with pool.transaction() as conn:
        await states.start(conn, APP)
        later = await enqueue_one(pool)
        # Not waiting, and leaving the app's entries where they are.
        await set_aside(pool)
    assert await set_aside(pool) == 0
    assert {claim.id for claim in await hand.claim(5)} == {job, later}
