"""Limits of apps and queues: never more jobs than allowed hold a worker, and no ending of a job leaks a permit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from engine.db.pool import Pool
from engine.jobs import limits, ready
from engine.jobs.limits import QueueLimit
from engine.jobs.queue import Claim
from tests.engine.hands import APP, Hand, ask, enqueue, enqueue_one, new

HELD = "select from headrace.jobs_live where worker_id is not null"


async def limit(pool: Pool, app: str = APP, queue: str = "", **values: int) -> None:
    """The operator limits an app or a queue."""
    async with pool.acquire() as conn:
        await limits.set_limit(conn, app, queue, QueueLimit(**values))


async def used(pool: Pool) -> int:
    """How many permits are held."""
    return len(await pool.fetch("select from headrace.job_permits"))


async def lanes(pool: Pool) -> tuple[list[tuple[str, str]], float | None]:
    """What a worker that looks finds."""
    async with pool.acquire() as conn:
        found = await ready.look(conn)
    return list(found.lanes), found.next_in_ms


async def test_an_app_runs_no_more_jobs_than_its_limit(pool: Pool) -> None:
    """Over all of its queues; other apps go on, and what ends lets as many start."""
    await limit(pool, concurrency=3)
    await enqueue(pool, *[new(queue=f"q{n % 3}") for n in range(9)], *[new(app="other") for _ in range(5)])
    hand = await Hand.join(pool)
    claims = await hand.claim(100)
    mine = [claim for claim in claims if claim.app == APP]
    assert (len(mine), len(claims)) == (3, 8)
    assert await hand.claim(100) == []
    await hand.finish(*mine[:2])
    assert len(await hand.claim(100)) == 2


async def test_queues_have_sizes_of_their_own(pool: Pool) -> None:
    """Named queues of one app do not take each other's permits; one without a limit has none."""
    await limit(pool, queue="light", concurrency=4)
    await limit(pool, queue="heavy", concurrency=1)
    await enqueue(pool, *[new(queue=queue) for queue in ("light", "heavy", "mix") for _ in range(6)])
    claims = await (await Hand.join(pool)).claim(100)
    counts = {queue: sum(claim.queue == queue for claim in claims) for queue in ("light", "heavy", "mix")}
    assert counts == {"light": 4, "heavy": 1, "mix": 6}


async def test_the_lowest_of_several_limits_counts(pool: Pool) -> None:
    """A queue with more permits than its app has does not get more."""
    await limit(pool, concurrency=2)
    await limit(pool, queue="default", concurrency=5)
    await enqueue(pool, *[new() for _ in range(6)])
    assert len(await (await Hand.join(pool)).claim(100)) == 2


async def test_a_limit_of_every_app_is_each_app_s_own_and_gives_way_to_a_special_one(pool: Pool) -> None:
    """'*' counts each app by itself; an app with a limit of its own has only that."""
    await limit(pool, "*", concurrency=2)
    await limit(pool, "big", concurrency=4)
    await enqueue(pool, *[new(app=app) for app in ("a", "b", "big") for _ in range(6)])
    claims = await (await Hand.join(pool)).claim(100)
    assert {app: sum(claim.app == app for claim in claims) for app in ("a", "b", "big")} == {"a": 2, "b": 2, "big": 4}


async def finish(pool: Pool, hand: Hand, claim: Claim) -> None:
    await hand.finish(claim)


async def retry(pool: Pool, hand: Hand, claim: Claim) -> None:
    await hand.retry(claim, delay_ms=3_600_000)


async def hand_back(pool: Pool, hand: Hand, claim: Claim) -> None:
    await hand.hand_back(claim)


async def park(pool: Pool, hand: Hand, claim: Claim) -> None:
    await hand.park(claim)


async def stop(pool: Pool, hand: Hand, claim: Claim) -> None:
    await ask(pool, "stop", claim.id)
    await hand.stopped(claim)


async def force(pool: Pool, hand: Hand, claim: Claim) -> None:
    await ask(pool, "force", claim.id)


async def cancel(pool: Pool, hand: Hand, claim: Claim) -> None:
    await ask(pool, "cancel", claim.id)
    await hand.finish(claim)


async def die(pool: Pool, hand: Hand, claim: Claim) -> None:
    await hand.die()


@pytest.mark.parametrize("leave", [finish, retry, hand_back, park, stop, force, cancel, die])
async def test_whatever_becomes_of_a_job_its_permit_is_free(
    pool: Pool, leave: Callable[[Pool, Hand, Claim], Awaitable[None]]
) -> None:
    """In the statement in which the worker loses the job: the next one starts at once, and only one."""
    await limit(pool, concurrency=1)
    await enqueue(pool, *[new() for _ in range(3)])
    first, second = await Hand.join(pool), await Hand.join(pool)
    (claim,) = await first.claim(100)
    assert (await second.claim(100), await used(pool)) == ([], 1)
    await leave(pool, first, claim)
    assert await used(pool) == 0
    assert len(await second.claim(100)) == 1
    assert await used(pool) == 1


async def test_a_parent_that_waits_does_not_starve_its_children(pool: Pool) -> None:
    """It gives its permit back while it is parked, and needs one again to go on."""
    await limit(pool, concurrency=1)
    hand = await Hand.join(pool)
    await enqueue_one(pool, name="parent")
    parent = await hand.claim_one()
    child_id = await enqueue_one(pool, name="child", parent_id=parent.id)
    assert await hand.claim(5) == []
    await hand.park(parent, [child_id])
    child = await hand.claim_one()
    assert child.id == child_id
    await hand.finish(child)
    again = await hand.claim_one()
    assert (again.id, again.attempt, await used(pool)) == (parent.id, 2, 1)


async def test_jobs_that_run_when_a_limit_is_set_count(pool: Pool) -> None:
    """Nothing is ended by a limit that is too low for what runs; nothing starts until enough of it has ended."""
    await enqueue(pool, *[new() for _ in range(6)])
    hand = await Hand.join(pool)
    running = await hand.claim(3)
    await limit(pool, concurrency=2)
    assert (await used(pool), await hand.claim(5)) == (3, [])
    await hand.finish(running[0])
    assert await hand.claim(5) == []
    await hand.finish(running[1])
    assert len(await hand.claim(5)) == 1


async def test_a_raised_limit_and_one_that_is_taken_back_hold_at_once(pool: Pool) -> None:
    """The next claim takes more, then all."""
    await limit(pool, concurrency=0)
    await enqueue(pool, *[new() for _ in range(6)])
    hand = await Hand.join(pool)
    assert await hand.claim(10) == []
    await limit(pool, concurrency=2)
    assert len(await hand.claim(10)) == 2
    async with pool.acquire() as conn:
        await limits.remove_limit(conn, APP, "")
    assert len(await hand.claim(10)) == 4


async def test_a_full_lane_is_not_looked_at(pool: Pool) -> None:
    """A worker that looks does not find it, so that it costs no claims until a permit is free."""
    await limit(pool, concurrency=1)
    await enqueue(pool, new(), new())
    hand = await Hand.join(pool)
    claim = await hand.claim_one()
    assert await lanes(pool) == ([], None)
    await hand.finish(claim)
    assert await lanes(pool) == ([(APP, "default")], None)


async def test_claims_at_the_same_time_never_exceed_a_limit(pool: Pool) -> None:
    """Eight claimers that finish what they get, on one limit: never more than 3 at once, and all get done."""
    await limit(pool, concurrency=3)
    ids = await enqueue(pool, *[new() for _ in range(120)])
    done: list[UUID] = []

    async def work(hand: Hand) -> None:
        async with asyncio.timeout(120):
            while len(done) < len(ids):
                claims = await hand.claim(2)
                assert len(await pool.fetch(HELD)) <= 3
                for claim in claims:
                    assert len(await hand.finish(claim)) == 1
                    done.append(claim.id)

    await asyncio.gather(*[work(await Hand.join(pool)) for _ in range(8)])
    assert (sorted(done), await used(pool)) == (sorted(ids), 0)


async def test_a_rate_is_a_bucket_of_starts(pool: Pool) -> None:
    """As many as it holds start at once, then none; a look says in how many ms the next one may."""
    await limit(pool, rate=4, per_ms=3_600_000)
    await enqueue(pool, *[new() for _ in range(9)])
    hand = await Hand.join(pool)
    claims = await hand.claim(100)
    assert len(claims) == 4
    await hand.finish(*claims)
    found, next_in_ms = await lanes(pool)
    assert found == []
    assert next_in_ms is not None
    assert 600_000 < next_in_ms <= 900_000
    await pool.execute("update headrace.job_rates set ahead = ahead - interval '31 minutes'")
    assert len(await hand.claim(100)) == 2


async def test_a_rate_that_nobody_used_does_not_pile_up(pool: Pool) -> None:
    """After a day without jobs the bucket holds what it always holds."""
    await limit(pool, rate=2, per_ms=1000)
    await enqueue(pool, *[new() for _ in range(2)])
    hand = await Hand.join(pool)
    assert len(await hand.claim(10)) == 2
    await limit(pool, rate=2, per_ms=3_600_000)
    await pool.execute("update headrace.job_rates set ahead = ahead - interval '1 day'")
    await enqueue(pool, *[new() for _ in range(9)])
    assert len(await hand.claim(10)) == 2
