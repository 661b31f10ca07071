"""Jobs that wait for jobs: parked as rows, woken by whoever moves what they wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from engine.db.pool import Connection, Pool
from engine.errors import NotFound
from engine.jobs import liveness, queue, waits
from engine.jobs.queue import Claim, Finish
from engine.metrics.jobs import JobMetrics
from engine.model import Status
from engine.worker.finisher import Finisher
from tests.engine.hands import APP, Hand, ask, enqueue, enqueue_one, events, make_due, new, rows, status


async def parked(pool: Pool, *awaited: UUID, wanted: tuple[Status, ...] = (Status.FINISHED,)) -> UUID:
    """A job that waits for these."""
    hand = await Hand.join(pool)
    waiter = await enqueue_one(pool, urgent=True)
    claim = await hand.claim_one()
    assert claim.id == waiter
    assert await hand.park(claim, awaited, wanted) == list(awaited)
    return waiter


async def is_ready(pool: Pool, job_id: UUID) -> bool:
    """Whether the job may be claimed now."""
    return bool(
        await pool.fetch("select 1 from headrace.jobs_live where id = $1 and ready_at <= clock_timestamp()", job_id)
    )


async def waits_left(pool: Pool) -> int:
    """How many rows there are in job_waits."""
    return len(await pool.fetch("select 1 from headrace.job_waits"))


async def test_a_parked_job_holds_no_worker(pool: Pool) -> None:
    """Invariant 6: it is RUNNING without a worker, with its deadline as the time at which it is ready."""
    waiter = await parked(pool, await enqueue_one(pool, delay_ms=60_000))
    row = await rows(pool, waiter)
    assert (row["status"], row["worker_id"], row["attempt"]) == ("RUNNING", None, 1)
    assert row["ready_at"] > datetime.now(UTC) + timedelta(minutes=50)


async def test_the_end_of_the_awaited_job_wakes_the_waiter(pool: Pool) -> None:
    """In the transaction of the end: the waiter goes before jobs that are newer than it, as a new attempt."""
    awaited = await enqueue_one(pool)
    waiter = await parked(pool, awaited)
    hand = await Hand.join(pool)
    claim = await hand.claim_one()
    await enqueue_one(pool)
    await hand.finish(claim)
    woken = await hand.claim_one()
    assert (woken.id, woken.attempt) == (waiter, 2)
    assert await waits_left(pool) == 0


async def test_all_awaited_jobs_must_be_there(pool: Pool) -> None:
    """The waiter sleeps until the last of three has ended."""
    awaited = await enqueue(pool, *[new() for _ in range(3)])
    waiter = await parked(pool, *awaited)
    hand = await Hand.join(pool)
    claims = await hand.claim(3)
    for claim in claims:
        assert not await is_ready(pool, waiter)
        await hand.finish(claim)
    assert await is_ready(pool, waiter)


async def test_two_last_ends_at_once_wake_the_waiter(pool: Pool) -> None:
    """Neither of two transactions that end at the same time overlooks that together they were the last ones."""
    hand = await Hand.join(pool)
    for _ in range(8):
        awaited = await enqueue(pool, new(), new())
        waiter = await parked(pool, *awaited)
        one, other = await hand.claim(2)
        await asyncio.gather(hand.finish(one), hand.finish(other))
        assert await is_ready(pool, waiter)
        await hand.finish(await hand.claim_one())


async def test_an_end_in_one_statement_leaves_jobs_that_others_wait_for(pool: Pool) -> None:
    """Such an end wakes nobody: the awaited job stays as it is, and the one beside it ends; a worker then ends it."""
    hand = await Hand.join(pool)
    awaited = await enqueue(pool, new())
    waiter = await parked(pool, *awaited)
    await enqueue(pool, new())
    claims = await hand.claim(2)
    ends = [Finish(claim.id, claim.attempt) for claim in claims]
    async with pool.acquire() as conn:
        statuses = await queue.finish(conn, ends, awaited=False)
    assert dict(zip([claim.id for claim in claims], statuses, strict=True)) == {
        claim.id: None if claim.id == awaited[0] else Status.FINISHED for claim in claims
    }
    assert not await is_ready(pool, waiter)
    finisher = Finisher(pool, JobMetrics(CollectorRegistry()), context=copy_context())
    left = Finish(awaited[0], next(claim.attempt for claim in claims if claim.id == awaited[0]))
    lost = Finish(ends[0].id, ends[0].attempt + 1)
    assert await asyncio.gather(finisher.finish(left), finisher.finish(lost)) == [Status.FINISHED, None]
    assert await is_ready(pool, waiter)
    await finisher.close()


async def test_a_wait_and_an_end_at_once_never_miss_each_other(pool: Pool) -> None:
    """Whichever is first: the waiter finds the job ended and goes on, or it is parked and woken."""
    hand = await Hand.join(pool)
    for _ in range(20):
        await enqueue(pool, new("waiter"), new("awaited"))
        waiter, awaited = await hand.claim(2)
        left, _ = await asyncio.gather(hand.park(waiter, [awaited.id]), hand.finish(awaited))
        if left:
            assert await is_ready(pool, waiter.id)
            waiter = await hand.claim_one()
        await hand.finish(waiter)
    assert await waits_left(pool) == 0


@pytest.mark.parametrize("wanted", [Status.RUNNING, Status.PENDING, Status.STOPPED, Status.CANCELED, Status.STOPPING])
async def test_every_status_can_be_waited_for(pool: Pool, wanted: Status) -> None:
    """A claim, a retry, a stop and a cancel wake those who wait for just that."""
    hand = await Hand.join(pool)
    awaited = await enqueue_one(pool, max_attempts=2)
    claim: Claim | None = None
    if wanted in (Status.PENDING, Status.STOPPING):
        claim = await hand.claim_one()
    waiter = await parked(pool, awaited, wanted=(wanted,))
    match wanted:
        case Status.RUNNING:
            await hand.claim_one()
        case Status.PENDING:
            assert claim is not None
            await hand.retry(claim, delay_ms=60_000)
        case Status.STOPPED | Status.STOPPING:
            await ask(pool, "stop", awaited)
        case _:
            await ask(pool, "cancel", awaited)
    assert await is_ready(pool, waiter)


async def test_another_status_does_not_wake(pool: Pool) -> None:
    """Who waits for FINISHED sleeps on when the job is canceled, until its own deadline."""
    awaited = await enqueue_one(pool)
    waiter = await parked(pool, awaited)
    await ask(pool, "cancel", awaited)
    assert not await is_ready(pool, waiter)
    await make_due(pool, waiter)
    assert (await (await Hand.join(pool)).claim_one()).id == waiter


async def test_a_job_of_another_app_cannot_be_waited_for(pool: Pool) -> None:
    """Invariant 4: it is notFound, and nothing was parked."""
    foreign = await enqueue_one(pool, app="other")
    hand = await Hand.join(pool)
    await enqueue_one(pool)
    claim = next(claim for claim in await hand.claim(2) if claim.app == APP)
    with pytest.raises(NotFound):
        await hand.park(claim, [foreign])
    assert (await rows(pool, claim.id))["worker_id"] == hand.id
    assert await waits_left(pool) == 0


async def test_a_parked_job_that_is_canceled_waits_no_more(pool: Pool) -> None:
    """Its waits go with it: the end of what it waited for does not bring it back."""
    awaited = await enqueue_one(pool)
    waiter = await parked(pool, awaited)
    await ask(pool, "cancel", waiter)
    assert await waits_left(pool) == 0
    hand = await Hand.join(pool)
    await hand.finish(await hand.claim_one())
    assert await status(pool, waiter) is Status.CANCELED
    assert await hand.claim() == []


async def test_a_parked_job_that_is_stopped_waits_on_but_sleeps(pool: Pool) -> None:
    """The end of what it waited for is noted and does not bring it back; resumed, it finds its wait over."""
    awaited = await enqueue_one(pool)
    waiter = await parked(pool, awaited)
    await ask(pool, "stop", waiter)
    hand = await Hand.join(pool)
    await hand.finish(await hand.claim_one())
    assert await waits_left(pool) == 0
    assert await status(pool, waiter) is Status.STOPPED
    assert await hand.claim() == []
    await ask(pool, "resume", waiter)
    assert (await hand.claim_one()).id == waiter


async def test_a_deadline_that_passes_while_the_job_is_stopped_does_nothing(pool: Pool) -> None:
    """A stopped job is not ready at any time; resumed, it is claimed at once and looks at its wait itself."""
    waiter = await parked(pool, await enqueue_one(pool, delay_ms=3_600_000))
    await ask(pool, "stop", waiter)
    await make_due(pool, waiter)
    hand = await Hand.join(pool)
    assert await hand.claim() == []
    await ask(pool, "resume", waiter)
    claim = await hand.claim_one()
    assert (claim.id, claim.attempt) == (waiter, 2)
    assert await events(pool, waiter) == ["stopped", "resumed"]


async def test_a_resumed_waiter_may_wait_again(pool: Pool) -> None:
    """Stopped in its wait and resumed, it parks once more, and is woken."""
    awaited = await enqueue_one(pool)
    waiter = await parked(pool, awaited)
    await ask(pool, "stop", waiter)
    await ask(pool, "resume", waiter)
    hand = await Hand.join(pool)
    claims = {claim.id: claim for claim in await hand.claim(2)}
    await hand.park(claims[waiter], [awaited])
    await hand.finish(claims[awaited])
    assert await is_ready(pool, waiter)


async def test_a_rescued_waiter_is_not_lost(pool: Pool) -> None:
    """The worker that claimed a woken job dies: the job goes on elsewhere, and its wait is found over."""
    awaited = await enqueue_one(pool)
    waiter = await parked(pool, awaited)
    hand = await Hand.join(pool)
    await hand.finish(await hand.claim_one())
    other = await Hand.join(pool)
    await other.claim_one()
    await other.die()
    again = await hand.claim_one()
    assert again.id == waiter
    assert await hand.park(again, [awaited]) == []


async def test_a_wake_that_never_came_is_made_up_for(pool: Pool) -> None:
    """A claimer that dies between its claim and the wake of those who wait for RUNNING: the next look finds them."""
    awaited = await enqueue_one(pool)
    waiter = await parked(pool, awaited, wanted=(Status.RUNNING,))
    await pool.execute("update headrace.jobs_live set awaited = false where id = $1", awaited)
    await (await Hand.join(pool)).claim_one()
    assert not await is_ready(pool, waiter)
    async with pool.transaction() as conn:
        assert await waits.wake_overdue(conn) == [waiter]
    assert await is_ready(pool, waiter)


async def test_a_claim_whose_wake_loses_a_deadlock_keeps_its_jobs(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The claim has committed before: the wake is tried again, and the worker hears of what it holds."""
    job_id = await enqueue_one(pool, delay_ms=60_000)
    waiter = await parked(pool, job_id, wanted=(Status.RUNNING,))
    real, lost = waits.wake, []

    async def loses_once(conn: Connection, moved: Sequence[tuple[UUID, Status]]) -> list[UUID]:
        if not lost:
            lost.append(True)
            raise asyncpg.DeadlockDetectedError("deadlock detected")
        return await real(conn, moved)

    monkeypatch.setattr(waits, "wake", loses_once)
    await make_due(pool, job_id)
    assert (await (await Hand.join(pool)).claim_one()).id == job_id
    assert lost
    assert await is_ready(pool, waiter)


async def test_waits_of_ended_jobs_are_swept(pool: Pool) -> None:
    """A waiter that ends without coming back to its wait leaves no row behind."""
    waiter = await parked(pool, await enqueue_one(pool, delay_ms=60_000))
    await make_due(pool, waiter)
    hand = await Hand.join(pool)
    await hand.finish(await hand.claim_one(), failed=True)
    async with pool.transaction() as conn:
        await waits.sweep(conn)
    assert await waits_left(pool) == 0


async def test_a_chain_of_waits_unwinds(pool: Pool) -> None:
    """Ten jobs that each wait for the next one finish one after the other, with a single claimer."""
    hand = await Hand.join(pool)
    ids = await enqueue(pool, *[new(str(n)) for n in range(10)])
    for n, claim in enumerate(sorted(await hand.claim(10), key=lambda claim: claim.id)):
        if n < 9:
            await hand.park(claim, [ids[n + 1]])
        else:
            await hand.finish(claim)
    for expected in reversed(ids[:9]):
        claim = await hand.claim_one()
        assert claim.id == expected
        await hand.finish(claim)


async def test_a_hundred_waiters_of_one_job_are_woken_together(pool: Pool) -> None:
    """One end, one statement, one notification, all waiters ready."""
    hand = await Hand.join(pool)
    awaited = await enqueue_one(pool, delay_ms=60_000)
    await enqueue(pool, *[new() for _ in range(100)])
    for claim in await hand.claim(100):
        await hand.park(claim, [awaited])
    await make_due(pool, awaited)
    await hand.finish(await hand.claim_one())
    assert len(await hand.claim(200)) == 100


async def test_the_rescue_of_an_awaited_job_wakes_who_waits_for_pending(pool: Pool) -> None:
    """Every way into a status looks for waiters, the rescue too."""
    hand = await Hand.join(pool)
    awaited = await enqueue_one(pool)
    await hand.claim_one()
    waiter = await parked(pool, awaited, wanted=(Status.PENDING,))
    await pool.execute("update headrace.workers set heartbeat_at = now() - interval '1 hour'")
    async with pool.transaction() as conn:
        assert (await liveness.rescue(conn, stale_ms=1000)).requeued == 1
    assert await is_ready(pool, waiter)


async def test_parking_needs_the_claim(pool: Pool) -> None:
    """An attempt that was force-stopped cannot park its job."""
    hand = await Hand.join(pool)
    await enqueue_one(pool)
    claim = await hand.claim_one()
    await ask(pool, "force", claim.id)
    async with pool.transaction() as conn:
        assert await queue.fence(conn, claim) is None
        assert not await waits.park(conn, claim.id, claim.attempt, datetime.now(UTC))
    assert await status(pool, claim.id) is Status.STOPPED
