"""Stop, resume and cancel reach the whole tree below a job."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from engine.db.pool import Pool
from engine.jobs import queue, store
from engine.model import Status
from tests.engine.hands import Hand, ask, blocked, enqueue_one, get, new, status


async def family(pool: Pool) -> tuple[UUID, UUID, UUID]:
    """A running root, its child that has ended, and a grandchild that nobody has claimed."""
    hand = await Hand.join(pool)
    root = await enqueue_one(pool)
    await hand.claim_one()
    child = await enqueue_one(pool, parent_id=root)
    claim = await hand.claim_one()
    grandchild = await enqueue_one(pool, parent_id=child)
    await hand.finish(claim)
    return root, child, grandchild


async def test_children_know_their_parent_and_their_root(pool: Pool) -> None:
    """The root of a grandchild is its grandparent, also when its parent has ended."""
    root, child, grandchild = await family(pool)
    late = await get(pool, await enqueue_one(pool, parent_id=child))
    job = await get(pool, grandchild)
    assert (job.parent_id, job.root_id) == (child, root)
    assert (late.parent_id, late.root_id) == (child, root)
    assert (await get(pool, root)).root_id == root


@pytest.mark.parametrize(
    ("command", "of_root", "of_grandchild"),
    [("stop", "STOPPING", "STOPPED"), ("force", "STOPPED", "STOPPED"), ("cancel", "CANCELING", "CANCELED")],
)
async def test_a_grandchild_is_reached_through_a_parent_that_has_ended(
    pool: Pool, command: str, of_root: str, of_grandchild: str
) -> None:
    """Ancestry goes through the history; the parent that has ended stays as it is."""
    root, child, grandchild = await family(pool)
    await ask(pool, command, root)
    assert [await status(pool, id) for id in (root, child, grandchild)] == [of_root, "FINISHED", of_grandchild]


async def test_resume_reaches_the_stopped_ones(pool: Pool) -> None:
    """What was stopped with the tree goes on with the tree."""
    root, _, grandchild = await family(pool)
    await ask(pool, "force", root)
    await ask(pool, "resume", root)
    assert [await status(pool, id) for id in (root, grandchild)] == ["PENDING", "PENDING"]


async def test_ancestors_and_siblings_stay(pool: Pool) -> None:
    """A command to one branch touches neither what is above it nor what is beside it."""
    root = await enqueue_one(pool)
    left, right = [await enqueue_one(pool, parent_id=root) for _ in range(2)]
    below = await enqueue_one(pool, parent_id=left)
    await ask(pool, "cancel", left)
    assert [await status(pool, id) for id in (root, left, below, right)] == [
        "PENDING",
        "CANCELED",
        "CANCELED",
        "PENDING",
    ]


async def test_a_child_that_is_born_while_the_tree_is_being_canceled_is_canceled(pool: Pool) -> None:
    """The cancel that waits for a parent's transaction also reaches the child that this transaction creates."""
    hand = await Hand.join(pool)
    root = await enqueue_one(pool)
    claim = await hand.claim_one()
    async with pool.transaction() as conn:
        assert await queue.fence(conn, claim) is Status.RUNNING
        canceling = asyncio.create_task(ask(pool, "cancel", root))
        await blocked(pool)
        (child,) = await store.create(conn, [new("child", parent_id=root)])
    await canceling
    assert await status(pool, child) is Status.CANCELED


@pytest.mark.parametrize(("command", "wanted"), [("stop", Status.STOPPED), ("cancel", Status.CANCELED)])
async def test_who_waits_for_the_new_status_is_woken(pool: Pool, command: str, wanted: Status) -> None:
    """The waiter becomes claimable with the command, by the very job of the tree that it waits for."""
    hand = await Hand.join(pool)
    waiter = await enqueue_one(pool)
    claim = await hand.claim_one()
    root = await enqueue_one(pool, delay_ms=60_000)
    child = await enqueue_one(pool, delay_ms=60_000, parent_id=root)
    await hand.park(claim, [child], [wanted])
    assert await hand.claim() == []
    await ask(pool, command, root)
    assert (await hand.claim_one()).id == waiter
