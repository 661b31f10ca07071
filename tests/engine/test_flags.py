"""The flags of a job, low priority and errors: set wherever the job is in its life, and while it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from engine.db.pool import Connection, Pool
from engine.errors import NotFound
from engine.jobs import journal, queue
from engine.jobs.commands import set_low_priority
from engine.jobs.journal import Line
from engine.jobs.queue import Finish
from engine.model import LogLevel, Status
from tests.engine.hands import APP, Hand, blocked, enqueue_one, get


async def test_low_priority_is_of_the_one_job(pool: Pool) -> None:
    """setLowPriority marks the job itself, live or ended; another app's job does not exist."""
    job_id = await enqueue_one(pool)
    async with pool.transaction() as conn:
        await set_low_priority(conn, APP, str(job_id), True)
        with pytest.raises(NotFound):
            await set_low_priority(conn, "other", str(job_id), False)
    assert (await get(pool, job_id)).low_priority


@pytest.mark.parametrize("low", [True, False])
async def test_low_priority_is_of_a_job_that_ends_meanwhile(pool: Pool, low: bool) -> None:
    """The command that waits for the end of a job marks the row that this end puts into the history."""
    job_id = await enqueue_one(pool, low_priority=not low)
    await while_it_ends(pool, lambda conn: set_low_priority(conn, APP, job_id, low))
    job = await get(pool, job_id)
    assert (job.status, job.low_priority) == (Status.FINISHED, low)


async def test_an_error_line_flags_a_job_that_ends_meanwhile(pool: Pool) -> None:
    """So do a job that stays, and one that has the flag already."""
    ids = [await enqueue_one(pool)]
    ids += [await enqueue_one(pool, delay_ms=3_600_000) for _ in range(2)]
    async with pool.transaction() as conn:
        await errors(conn, ids[2:])
    await while_it_ends(pool, lambda conn: errors(conn, ids))
    jobs = [await get(pool, id) for id in ids]
    assert [job.status for job in jobs] == [Status.FINISHED, Status.PENDING, Status.PENDING]
    assert [job.has_errors for job in jobs] == [True] * 3


async def while_it_ends(pool: Pool, act: Callable[[Connection], Awaitable[None]]) -> None:
    """Acts in a transaction that has begun to wait before the end of the one ready job is committed."""
    hand = await Hand.join(pool)
    claim = await hand.claim_one()
    async with pool.transaction() as conn:
        await queue.finish(conn, [Finish(claim.id, claim.attempt)])
        acting = asyncio.create_task(in_a_transaction(pool, act))
        await blocked(pool)
    await acting


async def in_a_transaction(pool: Pool, act: Callable[[Connection], Awaitable[None]]) -> None:
    """Does it, and commits."""
    async with pool.transaction() as conn:
        await act(conn)


async def errors(conn: Connection, ids: list[UUID]) -> None:
    """An ERROR line for each of the jobs."""
    await journal.append_lines(conn, [Line(id, 1_000, LogLevel.ERROR, "no") for id in ids])
