"""The lists of claimable jobs: entries are hints, the job's row is the truth (sql/migrations/0005_ready.sql)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import asyncpg
import pytest

from engine.db.pool import Connection, Pool
from engine.jobs import commands, liveness, queue, ready, store
from engine.jobs.queue import Batch, Finish
from engine.jobs.ready import Lane
from engine.model import JobType, NewJob
from tests.engine.shop import Shop
from tests.patience import patience


@pytest.fixture
async def worker(pool: Pool) -> UUID:
    """A worker that may claim."""
    id = uuid4()
    async with pool.acquire() as conn:
        await liveness.register(conn, id, name="w", version="1", slots=1000)
    return id


def new(**fields: object) -> NewJob:
    return NewJob(**{"app": "crm", "type": JobType.EXECUTE_SCRIPT, "name": "n", "label": "n", **fields})  # type: ignore[arg-type]


async def create(conn: Connection, *jobs: NewJob) -> list[UUID]:
    return await store.create(conn, jobs)


async def claim(
    conn: Connection, worker: UUID, *, limit: int = 1000, low_first: int = 0, careful: bool = False
) -> Batch:
    lane = Lane("crm", "default", most=limit, low_first=low_first, careful=careful)
    return await queue.claim(conn, worker, [lane], limit=limit)


def ids(batch: Batch) -> list[UUID]:
    return [claim.id for claim in batch.claims]


async def entries(conn: Connection) -> int:
    return int(await conn.fetchval("select count(*) from headrace.job_ready"))


async def test_a_claim_takes_the_entries_with_it(pool: Pool, worker: UUID) -> None:
    """What is claimed is in no list any more, so the next claim does not meet it."""
    async with pool.acquire() as conn:
        made = await create(conn, *(new() for _ in range(5)))
        assert sorted(ids(await claim(conn, worker))) == sorted(made)
        assert await entries(conn) == 0
        assert ids(await claim(conn, worker)) == []


async def test_the_entry_of_a_stopped_job_is_dropped_and_its_resume_makes_a_new_one(pool: Pool, worker: UUID) -> None:
    """Stopping leaves the entry behind; the claim that meets it drops it and says so."""
    async with pool.acquire() as conn:
        (job,) = await create(conn, new())
        async with conn.transaction():
            await commands.stop(conn, "crm", job)
        batch = await claim(conn, worker, careful=True)
        assert (ids(batch), batch.dropped, await entries(conn)) == ([], 1, 0)
        async with conn.transaction():
            await commands.resume(conn, "crm", job)
        assert ids(await claim(conn, worker)) == [job]


async def test_a_job_with_two_entries_is_claimed_once(pool: Pool, worker: UUID) -> None:
    """Stop and resume leave two entries; one claim takes the job, the other entry is dropped with it."""
    async with pool.acquire() as conn:
        (job,) = await create(conn, new())
        async with conn.transaction():
            await commands.stop(conn, "crm", job)
            await commands.resume(conn, "crm", job)
        assert await entries(conn) == 2
        batch = await claim(conn, worker)
        assert ids(batch) == [job]
        assert [claim.attempt for claim in batch.claims] == [1]
        assert await entries(conn) == 0


async def test_the_priority_flag_moves_a_waiting_job(pool: Pool, worker: UUID) -> None:
    """Flagged after it was queued, a job goes behind the others; unflagged, it comes back before them."""
    async with pool.acquire() as conn:
        first, second, third = await create(conn, new(), new(), new())
        await commands.set_low_priority(conn, "crm", first, True)
        await claim(conn, worker, limit=1, careful=True)  # meets the old entry of `first`
        assert first not in ids(await claim(conn, worker, limit=1))
        await commands.set_low_priority(conn, "crm", first, False)
        left = {first, second, third} - {row["id"] for row in await conn.fetch(RUNNING)}
        assert set(ids(await claim(conn, worker, careful=True))) == left


SIZES = "select sum(pg_relation_size(inhrelid)) from pg_inherits where inhparent = 'headrace.job_ready'::regclass"
TURN = "select last_value from headrace.job_ready_turn"
RUNNING = "select id from headrace.jobs_live where status = 'RUNNING'"


async def test_a_delayed_job_is_listed_when_it_is_due(pool: Pool, worker: UUID) -> None:
    """A look moves what is due into the lists, and says when the next one will be."""
    async with pool.acquire() as conn:
        (job,) = await create(conn, new(delay_ms=3_600_000))
        look = await ready.look(conn)
        assert list(look.lanes) == []
        assert look.next_in_ms is not None
        assert 0 < look.next_in_ms <= 3_600_000
        await conn.execute(
            "with j as (update headrace.jobs_live set ready_at = now() - interval '1 s' returning id) "
            "update headrace.job_later set ready_at = now() - interval '1 s'"
        )
        assert list((await ready.look(conn)).lanes) == [("crm", "default")]
        assert ids(await claim(conn, worker)) == [job]


async def test_an_entry_that_comes_too_early_is_put_off(pool: Pool, worker: UUID) -> None:
    """A job whose time lies ahead is not claimed by an entry that somebody left; it is claimed when it is due."""
    async with pool.acquire() as conn:
        (job,) = await create(conn, new())
        await conn.execute("update headrace.jobs_live set ready_at = now() + interval '1 hour'")
        batch = await claim(conn, worker, careful=True)
        assert (ids(batch), batch.dropped, await entries(conn)) == ([], 1, 0)
        assert await conn.fetchval("select job_id from headrace.job_later") == job


async def test_a_locked_job_keeps_its_entry(pool: Pool, worker: UUID) -> None:
    """While somebody else changes the job, a claim passes by, and leaves the entry for the next one."""
    async with pool.acquire() as conn, pool.acquire() as other:
        (job,) = await create(conn, new())
        async with other.transaction():
            await other.execute("select 1 from headrace.jobs_live where id = $1 for update", job)
            assert ids(await claim(conn, worker)) == []
            assert await entries(conn) == 1
        assert ids(await claim(conn, worker)) == [job]


async def test_children_of_one_call_leave_room_for_others(pool: Pool, worker: UUID) -> None:
    """A job with a thousand children does not shut out a job of its app that comes a moment later."""
    async with pool.acquire() as conn:
        (parent,) = await create(conn, new())
        (taken,) = ids(await claim(conn, worker))
        assert taken == parent
        await create(conn, *(new(parent_id=parent) for _ in range(1000)))
        (other,) = await create(conn, new())
        assert other in ids(await claim(conn, worker, limit=20))


async def test_urgent_jobs_and_jobs_that_go_on_come_first(pool: Pool, worker: UUID) -> None:
    """What has begun, or is waited for, goes before the backlog."""
    async with pool.acquire() as conn:
        (begun,) = await create(conn, new())
        (held,) = (await claim(conn, worker)).claims
        backlog = await create(conn, *(new() for _ in range(5)))
        async with conn.transaction():
            await queue.hand_back(conn, held)
        (urgent,) = await create(conn, new(urgent=True))
        assert set(ids(await claim(conn, worker, limit=2))) == {begun, urgent}
        assert sorted(ids(await claim(conn, worker))) == sorted(backlog)


async def test_empty_lists_are_truncated_although_a_snapshot_is_held(pool: Pool, worker: UUID, dsn: str) -> None:
    """A long report elsewhere keeps vacuum from removing dead entries; the lists do not grow all the same."""
    report = await asyncpg.connect(dsn)
    try:
        transaction = report.transaction(isolation="repeatable_read")
        await transaction.start()
        await report.fetchval("select count(*) from headrace.users")
        async with pool.acquire() as conn:
            for _ in range(3):
                await create(conn, *(new() for _ in range(500)))
                await finish_all(conn, worker)
                await conn.execute("select headrace.rotate_ready(most => 1)")
                await ready.rotate(conn)
            sizes = await conn.fetchval(SIZES)
            one = await conn.fetchval("select pg_relation_size('headrace.jobs_live')")
            assert sizes < one
        await transaction.rollback()
    finally:
        await report.close()


async def test_a_spent_list_is_left_and_truncated_by_one_call(pool: Pool, worker: UUID) -> None:
    """Behind a burst no look walks over what is dead in its list; later jobs are claimed from the next one."""
    async with pool.acquire() as conn:
        await conn.execute("truncate headrace.job_ready")
        await create(conn, *(new() for _ in range(500)))
        await finish_all(conn, worker)
        turn = await conn.fetchval(TURN)
        assert await conn.fetchval(SIZES) > 0
        assert await conn.fetchval("select headrace.rotate_ready(most => 1)") == 1
        assert await conn.fetchval(SIZES) == 0
        (job,) = await create(conn, new())
        assert await conn.fetchval("select leaf from headrace.job_ready") == (turn + 1) % 3
        assert ids(await claim(conn, worker)) == [job]


async def test_a_list_that_is_left_while_somebody_writes_to_it_is_kept(pool: Pool, worker: UUID, dsn: str) -> None:
    """Whoever has read the turn before it moves on writes to the list that is left: no entry is lost."""
    async with pool.acquire() as conn:
        await conn.execute("truncate headrace.job_ready")
        await create(conn, *(new() for _ in range(500)))
        await finish_all(conn, worker)
        turn = await conn.fetchval(TURN)
        writer = await asyncpg.connect(dsn)
        try:
            async with writer.transaction():
                (job,) = await create(writer, new())
                assert await conn.fetchval("select headrace.rotate_ready(most => 1)") == 0
            assert await conn.fetchval(TURN) == turn + 1
            assert ids(await claim(conn, worker)) == [job]
            assert await ready.rotate(conn) == 1
        finally:
            await writer.close()


async def test_a_worker_that_starts_leaves_what_others_have_spent(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever worked off the burst may be gone, and the one that comes may be idle for ever."""
    rotated = asyncio.Event()
    rotate = ready.rotate

    async def noted(conn: Connection) -> int:
        truncated = await rotate(conn)
        rotated.set()
        return truncated

    monkeypatch.setattr(ready, "rotate", noted)
    async with shop.worker(), patience("the lists to be looked after"):
        await rotated.wait()


async def finish_all(conn: Connection, worker: UUID) -> None:
    while claims := (await claim(conn, worker)).claims:
        async with conn.transaction():
            await queue.finish(conn, [Finish(held.id, held.attempt) for held in claims])


async def test_a_list_that_is_in_use_is_not_truncated(pool: Pool, worker: UUID, dsn: str) -> None:
    """An entry that is not committed yet is never lost to a truncation, nor is one that waits."""
    async with pool.acquire() as conn:
        (waiting,) = await create(conn, new())
        await conn.execute("select headrace.rotate_ready(most => 0)")  # the first leaf is not written to any more
        assert await ready.rotate(conn) == 0
        writer = await asyncpg.connect(dsn)
        try:
            await conn.execute("select setval('headrace.job_ready_turn', 0)")
            async with writer.transaction():
                await writer.execute("insert into headrace.job_ready select * from headrace.job_ready")
                await conn.execute("delete from headrace.job_ready")
                await conn.execute("select setval('headrace.job_ready_turn', 1)")
                assert await ready.rotate(conn) == 0
        finally:
            await writer.close()
        assert ids(await claim(conn, worker)) == [waiting]


async def test_every_way_back_to_the_queue_makes_an_entry(pool: Pool, worker: UUID) -> None:
    """Hand-back, rescue, resume and wake: a job that is claimable is found."""

    async def again(held: Sequence[queue.Claim]) -> None:
        assert {one.id for one in (await claim(conn, worker)).claims} == {one.id for one in held}

    async with pool.acquire() as conn:
        await create(conn, new())
        held = (await claim(conn, worker)).claims
        async with conn.transaction():
            await queue.hand_back(conn, held[0])
        await again(held)
        async with conn.transaction():
            await liveness.leave(conn, worker)
        await liveness.register(conn, worker, name="w", version="1", slots=1)
        await again(held)


async def test_low_priority_jobs_that_are_owed_come_with_the_others_in_one_claim(pool: Pool, worker: UUID) -> None:
    """So many of them first, then the normal ones, then the rest of them: each once."""
    async with pool.acquire() as conn:
        low = await create(conn, *(new(low_priority=True) for _ in range(4)))
        normal = await create(conn, *(new() for _ in range(3)))
        assert ids(await claim(conn, worker, limit=2, low_first=1)) == [low[0], normal[0]]
        assert ids(await claim(conn, worker, limit=5, low_first=2)) == [*low[1:3], *normal[1:], low[3]]
        assert await entries(conn) == 0


async def test_jobs_with_short_delays_are_all_listed(pool: Pool) -> None:
    """Thousands that become due while they are being made stand in one list each."""
    async with pool.transaction() as conn:
        ids = await store.create(conn, [new(delay_ms=n % 100) for n in range(3000)])
    listed = await pool.fetch("select job_id from headrace.job_ready union all select job_id from headrace.job_later")
    assert sorted(row["job_id"] for row in listed) == ids
