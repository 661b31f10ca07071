"""Leases belong to workers: who is silent too long loses all its jobs, and the right to claim and to write."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from engine.db.pool import Pool
from engine.errors import DatabaseUnavailable
from engine.jobs import liveness, queue, ready
from engine.jobs.liveness import MAX_RESCUES
from engine.jobs.ready import Lane
from engine.model import Status
from tests.engine.hands import APP, Hand, blocked, enqueue, enqueue_one, events, get, new, rows, status


async def rescue(pool: Pool) -> liveness.Rescue:
    """One look at the workers."""
    async with pool.transaction() as conn:
        return await liveness.rescue(conn, stale_ms=1000)


async def renew(hand: Hand, held: list[queue.Claim]) -> tuple[Hand, int]:
    """The worker under its new id, and how many jobs it gave back."""
    new_id = uuid4()
    known = [(claim.id, claim.attempt) for claim in held]
    async with hand.pool.transaction() as conn:
        freed = await liveness.renew(conn, hand.id, new_id, held=known, name="hand", version="0", slots=8)
    return Hand(hand.pool, new_id), freed


async def test_a_beating_worker_keeps_its_jobs(pool: Pool) -> None:
    """One write renews the lease on everything that the worker holds."""
    hand = await Hand.join(pool)
    await enqueue(pool, *[new() for _ in range(5)])
    await hand.claim(5)
    await pool.execute("update headrace.workers set heartbeat_at = now() - interval '1 hour'")
    assert await hand.beat()
    assert await rescue(pool) == liveness.Rescue([], 0, 0)


async def test_a_dead_workers_jobs_go_back_to_their_old_place(pool: Pool) -> None:
    """They count no failure, and go before jobs that were created since."""
    hand = await Hand.join(pool)
    lost = await enqueue(pool, *[new() for _ in range(3)])
    await hand.claim(3)
    await enqueue_one(pool)
    found = await hand.die()
    assert (found.dead, found.requeued, found.given_up) == (["hand"], 3, 0)
    claims = await (await Hand.join(pool)).claim(3)
    assert {claim.id for claim in claims} == set(lost)
    assert {(claim.attempt, claim.failures) for claim in claims} == {(2, 0)}
    assert await events(pool, lost[0]) == ["rescued"]


async def test_a_worker_wrongly_declared_dead_can_do_nothing(pool: Pool) -> None:
    """Invariant 1: it neither claims nor ends what it held, and its next heartbeat tells it so."""
    hand = await Hand.join(pool)
    await enqueue(pool, new(), new())
    claim = await hand.claim_one()
    await hand.die()
    assert not await hand.beat()
    assert await hand.claim() == []
    assert await hand.finish(claim, results={"from": "a lost claim"}) == []
    async with pool.transaction() as conn:
        assert await queue.fence(conn, claim) is None
    assert await status(pool, claim.id) is Status.PENDING


async def test_two_rescuers_at_once_rescue_once(pool: Pool) -> None:
    """Each dead worker is buried by one of them."""
    hands = [await Hand.join(pool) for _ in range(4)]
    await enqueue(pool, *[new() for _ in range(8)])
    for hand in hands:
        await hand.claim(2)
    await pool.execute("update headrace.workers set heartbeat_at = now() - interval '1 hour'")
    found = await asyncio.gather(*[rescue(pool) for _ in range(4)])
    assert sum(one.requeued for one in found) == 8
    assert sum(len(one.dead) for one in found) == 4
    assert len(await pool.fetch("select 1 from headrace.job_changes where event = 'rescued'")) == 8


async def test_a_claim_in_progress_and_a_burial_exclude_each_other(pool: Pool) -> None:
    """While a worker's claim runs it is not buried; what it claims can never belong to a worker without a row."""
    hand = await Hand.join(pool)
    await enqueue_one(pool)
    await pool.execute("update headrace.workers set heartbeat_at = now() - interval '1 hour'")
    async with pool.transaction() as conn:
        assert len((await queue.claim(conn, hand.id, [Lane(APP, "default")], limit=1)).claims) == 1
        assert (await rescue(pool)).dead == []
    assert (await rescue(pool)).requeued == 1


async def test_a_worker_that_froze_in_a_transaction_keeps_only_what_it_has_locked(pool: Pool) -> None:
    """Its other jobs, and those of other dead workers, go back at once; the locked one when the lock is gone."""
    await enqueue(pool, new(), new(), new())
    frozen, other = await Hand.join(pool), await Hand.join(pool)
    locked, free = await frozen.claim(2)
    (others,) = await other.claim(1)
    async with pool.transaction() as conn:
        assert await queue.fence(conn, locked) is not None
        await pool.execute("update headrace.workers set heartbeat_at = now() - interval '1 hour'")
        found = await other.die()
        assert (found.requeued, list(found.dead)) == (2, ["hand"])
        assert {(await get(pool, claim.id)).status for claim in (free, others)} == {Status.PENDING}
        assert (await get(pool, locked.id)).status is Status.RUNNING
    found = await frozen.die()
    assert (found.requeued, list(found.dead)) == (1, ["hand"])
    assert (await get(pool, locked.id)).status is Status.PENDING


async def test_the_server_ends_the_transaction_of_a_frozen_process(dsn: str, pool: Pool) -> None:
    """After `idle_transaction_ms` of silence its locks are free, and the process finds its connection gone."""
    job_id = await enqueue_one(pool)
    impatient = await Pool.connect(dsn, idle_transaction_ms=50)
    with pytest.raises(DatabaseUnavailable):
        async with impatient.transaction() as conn:
            await conn.execute("select from headrace.jobs_live where id = $1 for update", job_id)
            # Waits for the lock, which only the server's time-out frees.
            await pool.execute("select from headrace.jobs_live where id = $1 for update", job_id)
            await conn.execute("select 1")
    await impatient.close()


async def test_a_job_that_keeps_killing_its_workers_is_given_up(pool: Pool) -> None:
    """After so many deaths it is FINISHED with an error that says why, and who waits for it is woken."""
    job_id = await enqueue_one(pool)
    await pool.execute("update headrace.jobs_live set rescues = $1", MAX_RESCUES)
    hand = await Hand.join(pool)
    await hand.claim_one()
    found = await hand.die()
    assert (found.requeued, found.given_up) == (0, 1)
    job = await get(pool, job_id)
    assert (job.status, job.has_errors) == (Status.FINISHED, True)
    row = await pool.fetchrow("select error from headrace.job_results where job_id = $1", job_id)
    assert row is not None
    assert "died 21 times" in row["error"]["message"]
    assert await events(pool, job_id) == ["lost"]


async def test_a_leaving_worker_gives_back_what_it_holds(pool: Pool) -> None:
    """The last thing that a worker does; its row is gone."""
    hand = await Hand.join(pool)
    job_id = await enqueue_one(pool)
    await hand.claim_one()
    async with pool.transaction() as conn:
        await liveness.leave(conn, hand.id)
    assert await status(pool, job_id) is Status.PENDING
    assert not await pool.fetch("select 1 from headrace.workers")


async def test_a_renewed_worker_keeps_what_it_knows_and_gives_back_the_rest(pool: Pool) -> None:
    """A claim whose answer was lost: its jobs go back, the others go on under the worker's new id."""
    hand = await Hand.join(pool)
    await enqueue(pool, *[new() for _ in range(3)])
    known = await hand.claim_one()
    leaked = await hand.claim(2)
    renewed, freed = await renew(hand, [known])
    assert freed == 2
    assert {claim.id for claim in await renewed.claim(5)} == {claim.id for claim in leaked}
    assert (await rows(pool, known.id))["worker_id"] == renewed.id
    assert len(await renewed.finish(known)) == 1
    assert await hand.claim() == []


async def test_a_renewal_waits_for_the_claim_that_still_runs(pool: Pool) -> None:
    """The server may be working on a claim whose client is gone: its jobs come back as well."""
    hand = await Hand.join(pool)
    await enqueue_one(pool)
    async with pool.transaction() as conn:
        assert len((await queue.claim(conn, hand.id, [Lane(APP, "default")], limit=1)).claims) == 1
        renewing = asyncio.create_task(renew(hand, []))
        await blocked(pool)
    _, freed = await renewing
    assert freed == 1


@pytest.mark.parametrize("stale", [False, True])
async def test_only_silence_is_death(pool: Pool, stale: bool) -> None:
    """A worker is buried once its heartbeat is older than the limit, not before."""
    await Hand.join(pool)
    await pool.execute(
        "update headrace.workers set heartbeat_at = now() - $1 * interval '1 ms'", 3_600_000.0 if stale else 0.0
    )
    async with pool.transaction() as conn:
        found = await liveness.rescue(conn, stale_ms=1_800_000)
    assert bool(found.dead) is stale


async def test_only_workers_that_live_share_the_polling(pool: Pool) -> None:
    """Those that are silent count for nothing: the one that is left does not wait for their turns."""
    hands = [await Hand.join(pool) for _ in range(3)]
    async with pool.acquire() as conn:
        assert (await ready.look(conn)).workers == 3
        await conn.execute(
            "update headrace.workers set heartbeat_at = now() - interval '20 seconds' where id <> $1", hands[0].id
        )
        assert (await ready.look(conn)).workers == 1
