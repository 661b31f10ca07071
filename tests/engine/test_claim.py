"""A claim takes each job once, shares between apps and priorities, and starves nobody."""

from __future__ import annotations

import asyncio
from collections import Counter
from uuid import uuid4

import pytest

from engine.db.pool import Pool
from engine.jobs import queue
from engine.jobs.commands import set_low_priority
from engine.worker.share import LowPriorityShare
from tests.engine.hands import APP, Hand, ask, enqueue, enqueue_one, make_due, new

BACKLOG = """
with made as (
    insert into headrace.jobs_live (id, archived, app, type, name, status, root_id, created_at, ready_at)
    select id, false, $1, 'HANDLER', 'backlog', 'PENDING', id, now(), now() - interval '1 hour'
    from (select headrace.uuid_v7() as id from generate_series(1, $2::integer)) ids returning *
)
insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
select (select last_value % 3 from headrace.job_ready_turn), app, queue, 0, ready_at, id from made
"""


async def backlog(pool: Pool, app: str, size: int) -> None:
    """So many old jobs of an app, made fast; they have no parameters."""
    await pool.execute(BACKLOG, app, size)


async def test_eight_claimers_take_each_of_5000_jobs_once(pool: Pool) -> None:
    """Concurrent claimers pass each other: nothing is taken twice, nothing is left."""
    ids = await enqueue(pool, *[new(app=f"app{n % 5}") for n in range(5000)])
    taken: list[queue.Claim] = []

    async def claim_all(hand: Hand) -> None:
        after = ""
        while claims := await hand.claim(20, after=after):
            after = claims[-1].app
            taken.extend(claims)

    await asyncio.gather(*[claim_all(await Hand.join(pool)) for _ in range(8)])
    assert Counter(claim.id for claim in taken) == Counter(ids)
    assert {claim.attempt for claim in taken} == {1}


async def test_the_claims_of_one_app_come_in_the_order_of_creation(pool: Pool) -> None:
    """First in, first out, over several claims."""
    ids = await enqueue(pool, *[new() for _ in range(12)])
    hand = await Hand.join(pool)
    assert [claim.id for _ in range(4) for claim in sorted(await hand.claim(3), key=lambda c: c.id)] == ids


async def test_low_priority_waits_for_normal(pool: Pool) -> None:
    """However old they are, jobs of low priority come after the normal ones of their app."""
    low = await enqueue(pool, *[new(low_priority=True) for _ in range(3)])
    normal = await enqueue(pool, *[new() for _ in range(5)])
    hand = await Hand.join(pool)
    assert {claim.id for claim in await hand.claim(5)} == set(normal)
    assert {claim.id for claim in await hand.claim(5)} == set(low)


async def test_low_priority_finishes_under_a_constant_stream_of_normal_jobs(pool: Pool) -> None:
    """One claimed job in ten is of low priority: 20 of them need no more than 300 claims."""
    await enqueue(pool, *[new(low_priority=True) for _ in range(20)])
    hand = await Hand.join(pool)
    share = LowPriorityShare(10)
    seen: list[bool] = []
    while sum(seen) < 20 and len(seen) < 300:
        await enqueue(pool, new(), new())
        low_first = share.due(2)
        claims = await hand.claim(2, low_first=low_first)
        share.claimed(len(claims), low_first)
        seen += [claim.low_priority for claim in claims]
    assert sum(seen) == 20
    # A share, not a turn each: normal jobs went first most of the time.
    assert sum(seen[:50]) <= 10


@pytest.mark.parametrize("low", [True, False])
async def test_a_changed_priority_counts_from_the_next_claim_on(pool: Pool, low: bool) -> None:
    """setLowPriority and removeLowPriority of a waiting job move it behind, or before, the others."""
    first, second = await enqueue(pool, new(low_priority=not low), new(low_priority=not low))
    async with pool.transaction() as conn:
        await set_low_priority(conn, APP, first if low else second, low)
    assert (await (await Hand.join(pool)).claim_one()).id == second


async def test_a_backlog_of_100_000_delays_other_apps_by_two_rounds_at_most(pool: Pool) -> None:
    """The one job of each of 100 small apps is claimed within two claims of 64, beside a huge old backlog."""
    await backlog(pool, "huge", 100_000)
    small = await enqueue(pool, *[new(app=f"small{n:03}") for n in range(100)])
    hand = await Hand.join(pool)
    first = await hand.claim(64)
    second = await hand.claim(64, after=first[-1].app)
    assert {claim.id for claim in [*first, *second]} >= set(small)


@pytest.mark.parametrize("app", ["aaa", "zzz"])
async def test_one_slot_alternates_between_a_backlog_and_a_small_app(pool: Pool, app: str) -> None:
    """With one free slot the small app comes at the second claim at the latest, wherever its name sorts."""
    await backlog(pool, "huge", 1000)
    await enqueue_one(pool, app=app)
    hand = await Hand.join(pool)
    (first,) = await hand.claim()
    (second,) = await hand.claim(after=first.app)
    assert app in (first.app, second.app)


async def test_no_app_is_skipped_for_ever(pool: Pool) -> None:
    """More apps than slots, each with a backlog: ten rounds of claims serve them all alike."""
    apps = [f"app{n}" for n in range(7)]
    for app in apps:
        await backlog(pool, app, 100)
    hand, after = await Hand.join(pool), ""
    served: Counter[str] = Counter()
    for _ in range(14):
        claims = await hand.claim(3, after=after)
        assert len(claims) == 3
        after = claims[-1].app
        served.update(claim.app for claim in claims)
    assert served == Counter(dict.fromkeys(apps, 6))


async def test_fewer_apps_than_slots_share_the_batch(pool: Pool) -> None:
    """Four slots and three apps with backlogs: the one that got less has its turn at the next claim."""
    for app in ("a", "b", "c"):
        await backlog(pool, app, 100)
    hand, after = await Hand.join(pool), ""
    served: Counter[str] = Counter()
    for _ in range(6):
        claims = await hand.claim(4, after=after)
        after = claims[-1].app
        served.update(claim.app for claim in claims)
    assert served == Counter({"a": 8, "b": 8, "c": 8})


@pytest.mark.parametrize("limit", [1, 4])
async def test_apps_whose_jobs_lie_in_the_future_hide_nobody(pool: Pool, limit: int) -> None:
    """Twenty apps with delayed and parked jobs before it and behind it do not cost an app its turn."""
    future = [f"a{n}" for n in range(10)] + [f"z{n}" for n in range(10)]
    await enqueue(pool, *[new(app=app, delay_ms=3_600_000) for app in future])
    job_id = await enqueue_one(pool, app="mine")
    hand = await Hand.join(pool)
    assert [claim.id for claim in await hand.claim(limit)] == [job_id]


async def test_urgent_goes_before_the_backlog_in_its_own_order(pool: Pool) -> None:
    """What somebody waits for in the foreground passes the backlog of its app, first come first served."""
    await backlog(pool, APP, 100)
    urgent = [await enqueue_one(pool, urgent=True) for _ in range(3)]
    hand = await Hand.join(pool)
    assert [(await hand.claim_one()).id for _ in range(3)] == urgent


async def test_urgent_jobs_without_end_starve_nobody(pool: Pool) -> None:
    """A job that has waited for more than a day goes before urgent ones that are new."""
    old = await enqueue_one(pool)
    await pool.execute("update headrace.jobs_live set ready_at = now() - interval '2 days'")
    await enqueue(pool, *[new(urgent=True) for _ in range(10)])
    assert (await (await Hand.join(pool)).claim_one()).id == old


async def test_a_claim_is_bounded(pool: Pool) -> None:
    """Never more than asked for, whatever the number of apps."""
    for app in ("a", "b", "c"):
        await backlog(pool, app, 10)
    hand = await Hand.join(pool)
    assert [len(await hand.claim(limit)) for limit in (1, 2, 5, 7, 100)] == [1, 2, 5, 7, 15]


async def test_a_worker_that_is_not_registered_claims_nothing(pool: Pool) -> None:
    """A job that was claimed for a worker without a row would never be rescued."""
    await enqueue_one(pool)
    assert await Hand(pool, uuid4()).claim() == []


async def test_a_claim_skips_what_another_transaction_has_locked(pool: Pool) -> None:
    """A command in progress on the first job makes claimers take the second, at once."""
    first, second = await enqueue(pool, new(), new())
    hand = await Hand.join(pool)
    async with pool.transaction() as conn:
        await conn.execute("select from headrace.jobs_live where id = $1 for no key update", first)
        assert (await hand.claim_one()).id == second
    assert (await hand.claim_one()).id == first


async def test_a_resumed_job_has_its_old_place(pool: Pool) -> None:
    """It goes before jobs that were created while it was stopped."""
    job_id = await enqueue_one(pool)
    await ask(pool, "stop", job_id)
    await enqueue_one(pool)
    await ask(pool, "resume", job_id)
    assert (await (await Hand.join(pool)).claim_one()).id == job_id


async def test_a_due_job_is_claimed_once_when_its_time_comes(pool: Pool) -> None:
    """Two claimers that look at the moment at which a delay ends: one of them gets the job."""
    job_id = await enqueue_one(pool, delay_ms=60_000)
    one, other = await Hand.join(pool), await Hand.join(pool)
    await make_due(pool, job_id)
    claims = await asyncio.gather(one.claim(), other.claim())
    assert [claim.id for both in claims for claim in both] == [job_id]
