"""Commands for jobs in the middle of a batch: recorded at once, and the batch is the last, whole or not at all."""

from __future__ import annotations

import asyncio

import pytest

from engine.executors.endings import Ending, Finished
from engine.executors.run import Run
from engine.model import Status
from tests.engine.batches import a_removal, an_import, held, made, waiting
from tests.engine.hands import ask, enqueue_one
from tests.engine.shop import Shop

DONE = """
select (select count(*) from headrace.records)::integer as records,
    (checkpoint ->> 'imported')::integer as imported, (checkpoint ->> 'done')::integer as removed
from headrace.job_progress where job_id = $1
"""
SAID = "select message from headrace.job_logs where job_id = $1 order by n"


@pytest.mark.parametrize(
    ("command", "status"), [("stop", Status.STOPPED), ("cancel", Status.CANCELED), ("force", Status.STOPPED)]
)
async def test_an_import_that_waits_for_a_lock_keeps_nobody_waiting(shop: Shop, command: str, status: Status) -> None:
    """The command returns while the batch waits, and the job ends without the lock: whole batches are left."""
    shop.does_as_always()
    job_id = await made(shop.pool, await an_import(shop.pool))
    async with held(shop.pool, "insert", 1800), shop.worker():
        await waiting(shop.pool)
        await ask(shop.pool, command, job_id)
        await shop.reaches(job_id, status)
    (done,) = await shop.pool.fetch(DONE, job_id)
    assert done["records"] == done["imported"] == 999


async def test_a_removal_that_waits_for_a_lock_is_canceled(shop: Shop) -> None:
    """What its second batch had removed is there again."""
    shop.does_as_always()
    job, last = await a_removal(shop.pool)
    job_id = await made(shop.pool, job)
    async with held(shop.pool, "delete", last), shop.worker():
        await waiting(shop.pool)
        await ask(shop.pool, "cancel", job_id)
        await shop.reaches(job_id, Status.CANCELED)
    (done,) = await shop.pool.fetch(DONE, job_id)
    assert (done["removed"], done["records"]) == (200, 250)


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        ("stop", Status.STOPPED, ["batch 1"]),
        ("cancel", Status.CANCELED, ["batch 1"]),
        ("force", Status.STOPPED, []),
    ],
)
async def test_the_batch_under_way_is_the_last(shop: Shop, command: str, status: Status, said: list[str]) -> None:
    """It commits if its attempt still holds the job, asked to end or not; one that lost the job commits nothing.

    Nobody cuts the batch here, so that the fence alone decides.
    """
    begun, go = asyncio.Event(), asyncio.Event()

    async def work(run: Run) -> Ending:
        with run.whole():
            for n in (1, 2):
                async with run.effect(long=True) as scope:
                    scope.lines.append(run.line(f"batch {n}"))
                    begun.set()
                    await go.wait()
        return Finished({})

    shop.does(work)
    async with shop.worker():
        job_id = await enqueue_one(shop.pool)
        await begun.wait()
        await ask(shop.pool, command, job_id)
        go.set()
        await shop.reaches(job_id, status)
    assert [line["message"] for line in await shop.pool.fetch(SAID, job_id)] == said


async def test_an_attempt_that_lost_its_job_leaves_the_batch_to_the_next(shop: Shop) -> None:
    """The next attempt does the same batch while the first one is still in it, and it is there once."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def work(run: Run) -> Ending:
        with run.whole():
            async with run.effect(long=True) as scope:
                scope.lines.append(run.line(f"the batch, by attempt {run.claim.attempt}"))
                if run.claim.attempt == 1:
                    begun.set()
                    await go.wait()
        return Finished({})

    shop.does(work)
    async with shop.worker(), shop.worker():
        job_id = await enqueue_one(shop.pool)
        await begun.wait()
        await ask(shop.pool, "force", job_id)
        await ask(shop.pool, "resume", job_id)
        await shop.reaches(job_id, Status.FINISHED)
        go.set()
    assert [line["message"] for line in await shop.pool.fetch(SAID, job_id)] == ["the batch, by attempt 2"]
