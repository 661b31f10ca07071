"""A claim takes jobs by one update, which waits a moment for what another transaction holds, and passes it by then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid4

import pytest

from engine.db.pool import Connection, Pool
from engine.db.sql import load
from engine.jobs import liveness, queue, store
from engine.jobs.queue import Batch
from engine.jobs.ready import Lane
from engine.model import Status
from tests.engine.hands import ask, blocked, enqueue, get, new
from tests.engine.shop import LONG_S, Shop

# As if 20 ms were a minute: whoever holds the job lets go of it before the claim gives up.
PATIENT = """
do $$ begin
    execute replace(pg_get_functiondef(oid), '20ms', '60s') from pg_proc
    where proname = 'claim_lanes' and 'careful' = any (proargnames);
end $$
"""


@pytest.fixture
async def patient(fresh_database: str) -> AsyncIterator[Pool]:
    """A database whose claims wait for a minute."""
    pool = await Pool.connect(fresh_database)
    definition = "select prosrc from pg_proc where proname = 'claim_lanes' and 'careful' = any (proargnames)"
    assert "20ms" in (await pool.fetch(definition))[0][0]
    await pool.execute(PATIENT)
    yield pool
    await pool.close()


async def join(conn: Connection) -> UUID:
    """A worker that may claim, by a connection that has planned its claims."""
    worker = uuid4()
    await liveness.register(conn, worker, name="w", version="0", slots=20)
    await queue.warm(conn, worker)
    return worker


async def claim(conn: Connection, worker: UUID, *, careful: bool = False) -> Batch:
    """A claim of all that there is."""
    return await queue.claim(conn, worker, [Lane("crm", "default", most=20, depth=20, careful=careful)], limit=20)


def names(batch: Batch) -> list[str]:
    """The jobs that it took."""
    return [found.name for found in batch.claims]


async def test_a_job_that_is_held_is_passed_by(pool: Pool) -> None:
    """The others begin, once: the claim that was refused has taken none. The held one follows when it is let go of."""
    async with pool.acquire() as conn, pool.acquire() as other:
        worker = await join(conn)
        ids = await store.create(conn, [new(str(n)) for n in range(4)])
        async with other.transaction():
            await other.execute("update headrace.jobs_live set has_errors = true where id = $1", ids[1])
            batch = await claim(conn, worker)
            assert (names(batch), batch.passed, batch.care) == (["0", "2", "3"], 1, True)
            careful = await claim(conn, worker, careful=True)
            assert (names(careful), careful.passed, careful.care) == ([], 1, False)
        batch = await claim(conn, worker)
        assert [(found.name, found.has_errors) for found in batch.claims] == [("1", True)]
        assert (batch.dropped, batch.passed, batch.care) == (0, 0, False)
        attempts = await conn.fetch("select attempt from headrace.jobs_live")
        assert [row["attempt"] for row in attempts] == [1] * 4
        assert await conn.fetchval("select count(*) from headrace.job_ready") == 0


@pytest.mark.parametrize(
    ("change", "taken"),
    [
        # still the same to a claim
        ("update headrace.jobs_live set has_errors = true where id = $1", ["0", "1", "2"]),
        ("update headrace.jobs_live set name = name where id = $1", ["0", "1", "2"]),
        # not due, not there, and listed as what it is no more
        ("update headrace.jobs_live set ready_at = now() + interval '1 hour' where id = $1", ["0", "2"]),
        ("delete from headrace.jobs_live where id = $1", ["0", "2"]),
        ("update headrace.jobs_live set low_priority = true where id = $1", ["0", "2", "1"]),
        ("update headrace.jobs_live set concurrency_key = 'k' where id = $1", ["0", "2"]),
    ],
)
async def test_what_changes_meanwhile_is_looked_at_anew(patient: Pool, change: str, taken: Sequence[str]) -> None:
    """Between the claim's look at a job and its update another transaction changes it, and is waited for."""
    async with patient.acquire() as conn, patient.acquire() as other:
        worker = await join(conn)
        ids = await store.create(conn, [new(str(n)) for n in range(3)])
        async with other.transaction():
            await other.execute(change, ids[1])
            claiming = asyncio.create_task(claim(conn, worker))
            await blocked(patient)
        batch = await claiming
        assert (len(batch.claims), batch.care) == ((3, False) if taken == ["0", "1", "2"] else (2, True))
        assert batch.dropped == 3 - len(batch.claims)
        # What the change has listed anew follows, and what says something wrong is gone.
        rest = await claim(conn, worker, careful=batch.care)
        assert names(batch) + names(rest) == taken
        assert await conn.fetchval("select count(*) from headrace.job_ready") == 0
        begun = "select count(*) from headrace.jobs_live where attempt = 1 and worker_id = $1"
        assert await conn.fetchval(begun, worker) == len(taken)


@pytest.mark.parametrize("careful", [False, True])
async def test_what_leads_to_no_job_is_left_to_a_careful_claim(pool: Pool, careful: bool) -> None:
    """The usual claim takes the others, and leaves what it cannot tell of; a careful one takes that off the list."""
    async with pool.acquire() as conn:
        worker = await join(conn)
        ids = await store.create(conn, [new(str(n)) for n in range(4)])
        await ask(pool, "cancel", ids[1])
        # and a job that is listed twice
        again = "insert into headrace.job_ready select * from headrace.job_ready where job_id = $1"
        await conn.execute(again, ids[2])
        batch = await claim(conn, worker, careful=careful)
        assert (names(batch), len(batch.ranks), batch.care) == (["0", "2", "3"], 3, not careful)
        assert batch.dropped == (1 if careful else 2)
        assert await conn.fetchval("select count(*) from headrace.job_ready") == (0 if careful else 1)
        batch = await claim(conn, worker, careful=True)
        assert (names(batch), batch.dropped, batch.care) == ([], 0 if careful else 1, False)
        assert await conn.fetchval("select count(*) from headrace.job_ready") == 0


async def test_a_job_that_changes_before_the_update_has_its_lock(patient: Pool) -> None:
    """The update has its snapshot, and waits for the lock of an index: PostgreSQL looks at the changed row again.

    For that it sets up the whole plan once more, by which PostgreSQL 18 can break its own memory (docs/decisions.md).
    """
    async with patient.acquire() as conn, patient.acquire() as other, patient.acquire() as holder:
        worker = await join(conn)
        ids = await store.create(conn, [new(str(n)) for n in range(3)])
        async with holder.transaction():
            await holder.execute("alter index headrace.job_progress_default_pkey set tablespace pg_default")
            claiming = asyncio.create_task(claim(conn, worker))
            await blocked(patient)
            await other.execute("update headrace.jobs_live set has_errors = true where id = $1", ids[1])
        batch = await claiming
        assert (names(batch), batch.care) == (["0", "1", "2"], False)
        assert [found.has_errors for found in batch.claims] == [False, True, False]


async def test_in_a_transaction_a_claim_is_careful(pool: Pool) -> None:
    """A refusal would end the transaction around it."""
    async with pool.acquire() as conn, pool.acquire() as other:
        worker = await join(conn)
        ids = await store.create(conn, [new(str(n)) for n in range(2)])
        async with other.transaction(), conn.transaction():
            await other.execute("update headrace.jobs_live set has_errors = true where id = $1", ids[0])
            batch = await claim(conn, worker)
            assert (names(batch), batch.passed, batch.care) == (["1"], 1, False)


async def test_a_claim_leaves_the_settings_of_its_connection(pool: Pool) -> None:
    """Its time limit for locks ends with it, also in a transaction and behind a refusal."""
    async with pool.acquire() as conn, pool.acquire() as other:
        worker = await join(conn)
        (job,) = await store.create(conn, [new()])
        async with other.transaction():
            await other.execute("update headrace.jobs_live set has_errors = true where id = $1", job)
            assert (await claim(conn, worker)).care
        assert await conn.fetchval("show lock_timeout") == "0"
        columns = queue.lane_columns([Lane("crm", "default", most=1)], 1)
        async with conn.transaction():
            await conn.fetch(load("job_claim"), worker, *columns, False)
            assert await conn.fetchval("show lock_timeout") == "0"


async def test_a_worker_goes_on_beside_a_job_that_is_held(shop: Shop) -> None:
    """Whoever holds a job for long keeps no other one from its start, and the job begins once it is free."""
    held, *rest = await enqueue(shop.pool, *[new() for _ in range(4)])
    async with shop.pool.acquire() as other, other.transaction():
        await other.execute("update headrace.jobs_live set has_errors = true where id = $1", held)
        async with shop.worker() as worker:
            for job_id in rest:
                assert (await shop.until(job_id)).attempt == 1
            assert worker.fit
            assert (await get(shop.pool, held)).status is Status.PENDING
    async with shop.worker():
        assert (await shop.until(held)).attempt == 1


async def test_a_worker_takes_entries_of_canceled_jobs_off_its_list(shop: Shop) -> None:
    """Its usual claim leaves them, and the next one does not."""
    first, canceled, *rest = await enqueue(shop.pool, *[new() for _ in range(4)])
    await ask(shop.pool, "cancel", canceled)
    async with shop.worker():
        for job_id in (first, *rest):
            assert (await shop.until(job_id)).attempt == 1
        async with asyncio.timeout(LONG_S):
            while await shop.pool.fetch("select from headrace.job_ready"):  # noqa: ASYNC110 - the database is asked
                await asyncio.sleep(0.01)
    assert (await get(shop.pool, canceled)).status is Status.CANCELED
