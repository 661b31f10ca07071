"""A worker's connections know how to claim and to end jobs before there is one."""

from __future__ import annotations

from contextlib import AsyncExitStack
from uuid import uuid4

from engine.db.pool import Pool
from engine.worker.warm import CONNECTIONS, warm

# Of the statements inside of claim_jobs and finish_jobs.
PLANNED = "select count(*) from pg_backend_memory_contexts where name = 'CachedPlan' and ident like 'with %'"


async def test_no_job_waits_for_a_plan(pool: Pool) -> None:
    """Each of the connections has a plan for claims and one for ends, and takes no job by that."""
    fresh = await Pool.connect(pool.dsn, max_size=10)
    try:
        await warm(fresh, uuid4())
        assert fresh.opened == CONNECTIONS
        async with AsyncExitStack() as stack:
            conns = [await stack.enter_async_context(fresh.acquire()) for _ in range(CONNECTIONS)]
            assert [await conn.fetchval(PLANNED) for conn in conns] == [2] * CONNECTIONS
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
