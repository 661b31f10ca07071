"""A worker's connections know how to claim and to end jobs before there is one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID, uuid4

import pytest

from engine.db.pool import Connection, Pool
from engine.worker import loop
from engine.worker.chores import Chore, Chores
from engine.worker.wakeups import Wakeups
from engine.worker.warm import CONNECTIONS, warm
from tests.engine.hands import enqueue_one
from tests.engine.shop import LONG_S, Shop

# Of the longer statements inside of claim_lanes and finish_jobs.
PLANNED = "select count(*) from pg_backend_memory_contexts where name = 'CachedPlan' and ident like 'with %'"


async def test_no_job_waits_for_a_plan(pool: Pool) -> None:
    """Each of the connections has plans for each step of claims and of ends, and takes no job by that."""
    fresh = await Pool.connect(pool.dsn, max_size=10)
    try:
        await warm(fresh, uuid4())
        assert fresh.opened == CONNECTIONS
        async with AsyncExitStack() as stack:
            conns = [await stack.enter_async_context(fresh.acquire()) for _ in range(CONNECTIONS)]
            assert [await conn.fetchval(PLANNED) for conn in conns] == [5] * CONNECTIONS
    finally:
        await fresh.close()


async def test_a_small_pool_keeps_a_connection_for_the_rest(pool: Pool) -> None:
    """Of two connections one is left to whoever needs it meanwhile."""
    fresh = await Pool.connect(pool.dsn, max_size=2)
    try:
        await warm(fresh, uuid4())
        assert fresh.opened == 1
    finally:
        await fresh.close()


async def test_an_outage_is_no_matter(pool: Pool) -> None:
    """A pool that is closed ends the work quietly: the first jobs plan, as they would."""
    gone = await Pool.connect(pool.dsn, max_size=2)
    await gone.close()
    await warm(gone, uuid4())


async def test_the_first_job_waits_for_warm_connections(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker is not ready before, and claims nothing: what it plans it does not plan beside its jobs."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(pool: Pool, worker: UUID, *, connections: int) -> None:
        assert connections == CONNECTIONS - 1  # the one that listens claims
        begun.set()
        await go.wait()

    monkeypatch.setattr(loop, "warm", slow)
    job_id = await enqueue_one(shop.pool)

    async def let_it_go() -> str:
        await begun.wait()
        status = await shop.pool.fetch("select status from headrace.jobs_live where id = $1", job_id)
        go.set()
        return str(status[0]["status"])

    letting = asyncio.create_task(let_it_go())
    async with shop.worker():
        assert (await shop.until(job_id)).attempt == 1
    assert await letting == "PENDING"


async def test_a_worker_listens_before_it_is_ready(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection that hears of the first job has planned its claim by then, and makes it."""
    planned: list[tuple[Wakeups, int]] = []
    acquire = Wakeups.acquire

    @asynccontextmanager
    async def seen(self: Wakeups) -> AsyncIterator[Connection]:
        async with acquire(self) as conn:
            listens = await conn.fetchval("select array(select pg_listening_channels()) <> '{}'")
            planned.append((self, await conn.fetchval(PLANNED) if listens else -1))
            yield conn

    monkeypatch.setattr(Wakeups, "acquire", seen)
    async with shop.worker() as worker:
        await shop.until(await enqueue_one(shop.pool))
    counts = [count for wakeups, count in planned if wakeups is worker._wakeups]
    assert counts[0] == 5
    assert -1 not in counts


@pytest.mark.parametrize(("turn_s", "begun"), [(0.0, 3), (3600.0, 1)])
async def test_chores_begin_in_turn(shop: Shop, monkeypatch: pytest.MonkeyPatch, turn_s: float, begun: int) -> None:
    """The first one at once, not all of them: each would open a connection for itself. Jobs do not wait for them."""
    seen: set[int] = set()
    all_of_them = asyncio.Event()

    def chore(place: int) -> Chore:
        async def work() -> None:
            seen.add(place)
            if len(seen) == 3:
                all_of_them.set()

        return Chore(3600, work)

    monkeypatch.setattr(loop, "TURN_S", turn_s)
    monkeypatch.setattr(Chores, "regular", lambda self: [chore(place) for place in range(3)])
    async with shop.worker():
        await shop.until(await enqueue_one(shop.pool))
        if begun == 3:
            await asyncio.wait_for(all_of_them.wait(), LONG_S)
    assert len(seen) == begun
