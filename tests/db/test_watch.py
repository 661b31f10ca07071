"""Watching a job: what is new at each look, in order, nothing twice, nothing lost."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pytest

from engine.db.pool import Pool
from engine.errors import NotFound
from engine.ids import new_id
from engine.jobs import commands, journal, logs, store
from engine.jobs.watch import watch
from engine.model import JobType, LogLevel, NewJob, Status


async def _job(pool: Pool) -> UUID:
    async with pool.transaction() as conn:
        new = NewJob(app="crm", type=JobType.EXECUTE_SCRIPT, name="one", label="one")
        return (await store.create(conn, [new]))[0]


async def _log(pool: Pool, job_id: UUID, *messages: str) -> None:
    async with pool.transaction() as conn:
        await journal.append_lines(conn, [journal.Line(job_id, 1000, LogLevel.INFO, text) for text in messages])


async def _end(pool: Pool, job_id: UUID) -> None:
    await pool.run(lambda conn: commands.cancel(conn, "crm", job_id))


async def test_a_watch_ends_with_the_job_and_its_last_lines(pool: Pool) -> None:
    """Each line once, in order; the last look has the final status and what was logged before it."""
    job_id = await _job(pool)
    await _log(pool, job_id, "a", "b")
    seen = []
    async for look in watch(pool, "crm", job_id, poll_s=0.01):
        seen += [line.message for line in look.lines]
        if len(seen) == 2:
            await _log(pool, job_id, "c")
            await _end(pool, job_id)
    assert seen == ["a", "b", "c"]
    assert look.job.status is Status.CANCELED


async def test_a_line_whose_transaction_commits_late_is_not_lost(pool: Pool, dsn: str) -> None:
    """Its number is lower than one that was seen before; it is shown when it appears."""
    job_id = await _job(pool)
    late = await asyncpg.connect(dsn)
    transaction = late.transaction()
    await transaction.start()
    await journal.append_lines(late, [journal.Line(job_id, 1000, LogLevel.INFO, "late")])
    await _log(pool, job_id, "early")
    seen = []
    async for look in watch(pool, "crm", job_id, poll_s=0.01):
        new = [line.message for line in look.lines]
        seen += new
        if new == ["early"]:
            await transaction.commit()
        if new == ["late"]:
            await _end(pool, job_id)
    await late.close()
    assert seen == ["early", "late"]


async def test_a_watch_can_begin_behind_a_line(pool: Pool) -> None:
    """`before_last` finds where the last lines begin, also where there are fewer."""
    job_id = await _job(pool)
    await _log(pool, job_id, "a", "b", "c")
    await _end(pool, job_id)
    for count, expected in ((0, []), (2, ["b", "c"]), (9, ["a", "b", "c"])):
        async with pool.acquire() as conn:
            since = await logs.before_last(conn, job_id, count)
        looks = [look async for look in watch(pool, "crm", job_id, since=since)]
        assert [line.message for look in looks for line in look.lines] == expected


async def test_a_watch_of_another_apps_job_is_not_found(pool: Pool) -> None:
    """Who watches sees its own app only."""
    job_id = await _job(pool)
    for app, id in (("shop", job_id), ("crm", new_id())):
        with pytest.raises(NotFound):
            await asyncio.wait_for(anext(watch(pool, app, id)), 60)
