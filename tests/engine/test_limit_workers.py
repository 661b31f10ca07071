"""Workers go on by themselves as permits come free: nobody waits for the next poll."""

from __future__ import annotations

from typing import Any

import pytest

from engine.db.pool import Pool
from engine.executors.endings import Ending, Finished
from engine.executors.run import Run
from engine.jobs import limits
from engine.jobs.limits import QueueLimit
from engine.model import HANDLER_PREFIX
from tests.engine.hands import APP, enqueue, new
from tests.engine.shop import POLL_MS, Shop

# A worker that found nothing looks again after minutes, so that a wake that is missing lasts longer than a test may.
SLOW: dict[str, Any] = {"poll_ms": POLL_MS}
QUEUE = f"{HANDLER_PREFIX}work"


async def limited(pool: Pool, **values: int) -> None:
    async with pool.acquire() as conn:
        await limits.set_limit(conn, APP, QUEUE, QueueLimit(**values))


@pytest.mark.parametrize("listen", [True, False])
@pytest.mark.parametrize("options", [{"concurrency_key": "k"}, {}])
async def test_a_worker_takes_the_next_job_as_soon_as_one_has_ended(
    shop: Shop, pool: Pool, options: dict[str, Any], listen: bool
) -> None:
    """One at a time, by its key or by its queue, one after the other without a pause."""
    if not options:
        await limited(pool, concurrency=1)
    ids = await enqueue(pool, *[new(queue=QUEUE, **options) for _ in range(5)])
    async with shop.worker(handlers={"work": _unused}, listen=listen, **SLOW):
        for id in ids:
            await shop.until(id)


async def test_a_worker_hears_of_permits_that_another_one_freed(shop: Shop, pool: Pool) -> None:
    """Two workers and a limit of one: whoever ends a job, the other one may take the next."""
    await limited(pool, concurrency=1)
    async with (
        shop.worker(handlers={"work": _unused}, slots=1, **SLOW),
        shop.worker(handlers={"work": _unused}, slots=1, **SLOW),
    ):
        ids = await enqueue(pool, *[new(queue=QUEUE) for _ in range(20)])
        for id in ids:
            await shop.until(id)


async def test_a_worker_waits_as_long_as_a_rate_says(shop: Shop, pool: Pool) -> None:
    """It starts the next job when the bucket has a start again, and does not wait for its poll."""
    starts: list[int] = []

    async def work(run: Run) -> Ending:
        starts.append(run.services.clock_ms())
        return Finished({})

    await limited(pool, rate=1, per_ms=300)
    shop.does(work)
    ids = await enqueue(pool, *[new(queue=QUEUE) for _ in range(4)])
    async with shop.worker(handlers={"work": _unused}, **SLOW):
        for id in ids:
            await shop.until(id)
    # The claim counts, not the start in the worker, which may come a little later.
    assert starts[-1] - starts[0] >= 600


async def test_a_limit_that_is_raised_wakes_idle_workers(shop: Shop, pool: Pool) -> None:
    """A queue that was held goes on at once."""
    await limited(pool, concurrency=0)
    (id,) = await enqueue(pool, new(queue=QUEUE))
    async with shop.worker(handlers={"work": _unused}, **SLOW):
        await limited(pool, concurrency=1)
        await shop.until(id)


async def _unused(job: Any) -> None:
    """The name is what counts: the shop does the work."""
