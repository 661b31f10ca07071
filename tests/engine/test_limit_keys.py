"""Concurrency keys: jobs of one key take turns, in their order, and those that wait lie in nobody's way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from engine.db.pool import Connection, Pool
from engine.db.sql import load
from engine.errors import BadRequest
from engine.jobs import queue, store
from engine.jobs.commands import set_low_priority
from engine.jobs.ready import Lane
from tests.engine import hands
from tests.engine.hands import APP, Hand, ask, enqueue, enqueue_one, make_due, new
from tests.engine.test_limits import cancel, die, finish, force, hand_back, limit, park, retry, stop

RUNNING = "select count(*) as jobs from headrace.jobs_live where worker_id is not null group by concurrency_key"


def keyed(key: str = "k", limit: int = 1, **options: Any) -> Any:
    return new(concurrency_key=key, concurrency_limit=limit, **options)


async def left(pool: Pool) -> int:
    """How many permits, turns and waiting entries there are."""
    tables = ("key_permits", "key_turns", "job_blocked")
    return sum([len(await pool.fetch(f"select from headrace.{table}")) for table in tables])


async def test_jobs_of_a_key_run_one_after_the_other_in_their_order(pool: Pool) -> None:
    """Other keys, other apps with the same key, and jobs without one run meanwhile."""
    mine = await enqueue(pool, *[keyed() for _ in range(3)])
    others = await enqueue(pool, keyed("other"), new(), keyed(app="b"))
    hand = await Hand.join(pool)
    claims = {claim.id: claim for claim in await hand.claim(100)}
    assert set(claims) == {mine[0], *others}
    assert await hand.claim(100) == []
    await hand.finish(claims[mine[0]])
    second = await hand.claim_one()
    assert second.id == mine[1]
    await hand.finish(second)
    third = await hand.claim_one()
    assert third.id == mine[2]
    await hand.finish(*claims.values(), third)
    assert await left(pool) == 0


async def test_a_key_may_allow_several(pool: Pool) -> None:
    """concurrencyLimit of them run at once."""
    await enqueue(pool, *[keyed(limit=3) for _ in range(7)])
    assert len(await (await Hand.join(pool)).claim(100)) == 3


@pytest.mark.parametrize("leave", [finish, retry, hand_back, park, stop, force, cancel, die])
async def test_whatever_becomes_of_a_job_its_key_is_free(
    pool: Pool, leave: Callable[[Pool, Hand, Any], Awaitable[None]]
) -> None:
    """The next one of the key starts, and only one."""
    await enqueue(pool, *[keyed() for _ in range(4)])
    first, second = await Hand.join(pool), await Hand.join(pool)
    (claim,) = await first.claim(100)
    await leave(pool, first, claim)
    assert len(await second.claim(100)) == 1
    assert len(await pool.fetch("select from headrace.key_permits")) == 1


@pytest.mark.parametrize("command", ["stop", "cancel"])
async def test_a_job_that_is_ended_between_its_permit_and_its_claim_leaves_it(pool: Pool, command: str) -> None:
    """Listed, but not running: the key goes to the next one, and its old entry lets nobody pass."""
    first, second = await enqueue(pool, keyed(), keyed())
    hand = await Hand.join(pool)
    async with pool.acquire() as conn:
        await conn.execute(load("ready_admit"), 10)
    await ask(pool, command, first)
    assert (await hand.claim_one()).id == second
    if command == "stop":
        await ask(pool, "resume", first)
        assert await hand.claim(10) == []


async def test_delayed_and_woken_jobs_need_a_permit_as_well(pool: Pool) -> None:
    """Whatever makes a job claimable: the clock, a wake, a resume."""
    running = await enqueue_one(pool, concurrency_key="k")
    hand = await Hand.join(pool)
    claim = await hand.claim_one()
    assert claim.id == running
    delayed = await enqueue_one(pool, concurrency_key="k", delay_ms=3_600_000)
    await pool.execute("update headrace.job_later set ready_at = now()")
    await pool.execute("alter table headrace.jobs_live disable trigger list_changed")
    await make_due(pool, delayed)
    await pool.execute("alter table headrace.jobs_live enable trigger list_changed")
    assert await hand.claim(10) == []
    await hand.finish(claim)
    assert (await hand.claim_one()).id == delayed


async def test_a_parent_and_its_children_may_have_one_key(pool: Pool) -> None:
    """The parent that waits gives the key to its child, and takes it again to go on."""
    await enqueue(pool, keyed())
    hand = await Hand.join(pool)
    parent = await hand.claim_one()
    child_id = (await enqueue(pool, keyed(parent_id=parent.id)))[0]
    await hand.park(parent, [child_id])
    child = await hand.claim_one()
    assert child.id == child_id
    await hand.finish(child)
    assert (await hand.claim_one()).id == parent.id


async def test_priority_counts_among_the_jobs_of_a_key(pool: Pool) -> None:
    """A job that becomes one of low priority while it waits for the key lets the others pass."""
    first, second, third = await enqueue(pool, keyed(), keyed(), keyed())
    hand = await Hand.join(pool)
    claim = await hand.claim_one()
    assert claim.id == first
    async with pool.transaction() as conn:
        await set_low_priority(conn, APP, second, True)
    await hand.finish(claim)
    # Its old entry goes first once more, and says what the job was when it was written.
    order = [await _next(hand) for _ in range(2)]
    assert sorted(order) == sorted([second, third])


async def _next(hand: Hand) -> UUID:
    claim = await hand.claim_one()
    await hand.finish(claim)
    return claim.id


async def test_a_key_and_a_lane_s_limit_both_hold(pool: Pool) -> None:
    """A job needs permits of both, and leaves both."""
    await limit(pool, concurrency=2)
    await enqueue(pool, *[keyed(f"k{n % 4}") for n in range(8)])
    hand, done = await Hand.join(pool), 0
    while claims := await hand.claim(100):
        assert len(claims) <= 2
        done += len(await hand.finish(*claims))
    assert (done, await left(pool), len(await pool.fetch("select from headrace.job_permits"))) == (8, 0, 0)


async def test_claimers_at_the_same_time_never_exceed_a_key(pool: Pool) -> None:
    """Six workers on three keys of two jobs each: never more, nothing is left behind, and nobody waits for ever."""
    ids = await enqueue(pool, *[keyed(f"k{n % 3}", 2) for n in range(90)])
    done: list[UUID] = []

    async def work(hand: Hand) -> None:
        async with asyncio.timeout(120):
            while len(done) < len(ids):
                claims = await hand.claim(3)
                assert all(row["jobs"] <= 2 for row in await pool.fetch(RUNNING))
                assert len(await hand.finish(*claims)) == len(claims)
                done.extend(claim.id for claim in claims)

    await asyncio.gather(*[work(await Hand.join(pool)) for _ in range(6)])
    assert (sorted(done), await left(pool)) == (sorted(ids), 0)


async def buffers(conn: Connection, statement: str, *args: object) -> int:
    explained = f"explain (analyze, buffers, timing off, format json) {statement}"
    (plan,) = json.loads(json.dumps(await conn.fetchval(explained, *args)))
    return int(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"])


async def test_ten_thousand_blocked_jobs_cost_the_others_nothing(pool: Pool) -> None:
    """Looks, claims and admissions read as many pages beside them as without them."""
    hand = await Hand.join(pool)
    cost: list[list[int]] = []
    for blocked in (10, 10_000):
        await enqueue(pool, *[keyed("full") for _ in range(blocked)], new("first"))
        await hand.claim(100)
        await enqueue(pool, *[new() for _ in range(10)])
        async with pool.acquire() as conn:
            look = await buffers(conn, load("ready_look"), "", "", 100)
            lanes = queue.lane_columns([Lane(APP, "default", most=10)], 10)
            claim = await buffers(conn, load("job_claim"), hand.id, *lanes, False)
            await conn.execute("insert into headrace.key_turns (app, key) values ($1, 'full')", APP)
            cost.append([look, claim, await buffers(conn, load("ready_admit"), 10)])
    few, many = cost
    assert all(b <= 2 * a + 100 for a, b in zip(few, many, strict=True)), cost


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"concurrency_key": ""}, "concurrencyKey: '' is not allowed"),
        ({"concurrency_key": "k" * 501}, "concurrencyKey: "),
        ({"concurrency_key": "k", "concurrency_limit": 0}, "concurrencyLimit: 0 is not allowed"),
    ],
)
async def test_keys_that_are_wrong_make_no_job(pool: Pool, options: dict[str, Any], said: str) -> None:
    """The error names the option and what is allowed."""
    async with pool.acquire() as conn:
        with pytest.raises(BadRequest, match=said):
            await store.create(conn, [hands.new(**options)])
    assert await pool.fetch("select from headrace.jobs_live") == []
