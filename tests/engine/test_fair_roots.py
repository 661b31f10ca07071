"""Fair share between the root jobs of one app, however one of them makes its children."""

from __future__ import annotations

from uuid import UUID

import pytest

from engine.db.pool import Pool
from engine.db.sql import load
from engine.jobs import store
from tests.engine.hands import Hand, enqueue, enqueue_one, new

MANY = 300


async def root(pool: Pool, hand: Hand) -> UUID:
    """A root job that runs."""
    await enqueue_one(pool)
    return (await hand.claim_one()).id


async def children(pool: Pool, parent_id: UUID, count: int, *, one_by_one: bool) -> list[UUID]:
    """So many children, by one statement or by as many."""
    made = [new(parent_id=parent_id) for _ in range(count)]
    if not one_by_one:
        return await enqueue(pool, *made)
    async with pool.acquire() as conn:
        return [(await store.create(conn, [job]))[0] for job in made]


@pytest.mark.parametrize("one_by_one", [True, False])
async def test_a_root_with_many_children_lets_another_one_pass(pool: Pool, one_by_one: bool) -> None:
    """The other root's children, made after all of them, are claimed before most of them."""
    hand = await Hand.join(pool)
    huge, small = await root(pool, hand), await root(pool, hand)
    await children(pool, huge, MANY, one_by_one=one_by_one)
    late = await children(pool, small, 3, one_by_one=True)
    claims = [(await hand.claim_one()).id for _ in range(MANY // 2)]
    assert set(late) <= set(claims)


async def test_the_children_of_one_root_keep_their_order(pool: Pool) -> None:
    """Spread over time, but first in, first out."""
    hand = await Hand.join(pool)
    parent = await root(pool, hand)
    made = [
        *await children(pool, parent, 3, one_by_one=True),
        *await children(pool, parent, 3, one_by_one=False),
        *await children(pool, parent, 3, one_by_one=True),
    ]
    assert [(await hand.claim_one()).id for _ in made] == made


async def test_a_root_without_a_backlog_owes_nothing(pool: Pool) -> None:
    """After its children were claimed, its next one goes before what came later."""
    hand = await Hand.join(pool)
    parent = await root(pool, hand)
    await children(pool, parent, 50, one_by_one=False)
    assert len(await hand.claim(100)) == 50
    (child,) = await children(pool, parent, 1, one_by_one=True)
    await enqueue_one(pool)
    assert (await hand.claim_one()).id == child


async def test_ranks_whose_time_has_passed_are_swept(pool: Pool) -> None:
    """A row for each root that makes children, but not for ever."""
    hand = await Hand.join(pool)
    await children(pool, await root(pool, hand), 2, one_by_one=True)
    assert len(await pool.fetch("select from headrace.root_ranks")) == 1
    await pool.execute("update headrace.root_ranks set rank = rank - interval '1 hour'")
    await pool.execute(load("root_ranks_sweep"))
    assert await pool.fetch("select from headrace.root_ranks") == []
