"""Jobs without scripts whose time is over."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.executors import interruptible
from engine.executors.deadlines import Act, Deadlines
from engine.executors.endings import Ending, Finished
from engine.executors.run import Run
from engine.executors.within_time import within_time
from engine.metrics import Metrics
from engine.model import Status
from tests.engine.batches import ROWS, a_removal, an_import, held, made, waiting
from tests.engine.hands import call, enqueue_one
from tests.engine.shop import Shop

COUNT = "select count(*)::integer as n from headrace.records"
LINES = "select message from headrace.job_logs where job_id = $1 and level = 'ERROR' order by n"


class Clock(Deadlines):
    """Time that is over when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.set: list[Act] = []

    def after(self, seconds: float, act: Act) -> set[Act]:
        self.set.append(act)
        return set()

    def is_over(self) -> None:
        """It is, for the one attempt that has a limit."""
        (act,) = self.set
        act()


async def test_an_import_whose_time_is_over_leaves_whole_batches(shop: Shop) -> None:
    """The rows of its first transaction, which its results count; the second one is rolled back, and its lines."""
    shop.does_as_always()
    clock, metrics = Clock(), Metrics()
    job_id = await made(shop.pool, await an_import(shop.pool, timeout=5000, maxAttempts=3))
    async with held(shop.pool, "insert", 1800), shop.worker(metrics=metrics, deadlines=clock):
        await waiting(shop.pool)
        clock.is_over()
        job = await shop.until(job_id)
    assert (job.status, job.has_errors, job.attempt) == (Status.FINISHED, True, 1)
    assert await shop.results(job_id) == {
        "rowsImported": 999,
        "rowsWithErrors": 1,
        "error": {"code": "timeout", "message": "the import did not end within 5000 ms", "limit": "wall"},
    }
    assert (await shop.pool.fetch(COUNT))[0]["n"] == 999
    first, last = [line["message"] for line in await shop.pool.fetch(LINES, job_id)]
    assert first.startswith("line 701: ")
    assert last == "timeout: the import did not end within 5000 ms"
    assert metrics.registry.get_sample_value("headrace_job_timeouts_total", {"type": "IMPORT_RECORDS"}) == 1


async def test_a_removal_whose_time_is_over_says_what_is_removed(shop: Shop) -> None:
    """Its results have the records that are gone, and no other."""
    shop.does_as_always()
    clock = Clock()
    job, last = await a_removal(shop.pool, timeout=7)
    job_id = await made(shop.pool, job)
    async with held(shop.pool, "delete", last), shop.worker(deadlines=clock):
        await waiting(shop.pool)
        clock.is_over()
        await shop.until(job_id)
    left = await shop.results(job_id)
    assert left["error"]["message"] == "the removal did not end within 7 ms"
    assert len(left["results"]) == 450 - (await shop.pool.fetch(COUNT))[0]["n"] == 200


async def test_an_import_without_a_time_out_has_no_limit(shop: Shop) -> None:
    """That of scripts is none of an import's."""
    shop.does_as_always()
    clock = Clock()
    job_id = await made(shop.pool, await an_import(shop.pool))
    async with shop.worker(deadlines=clock):
        assert (await shop.until(job_id)).status is Status.FINISHED
    assert await shop.results(job_id) == {"rowsImported": ROWS - 2, "rowsWithErrors": 2}
    assert not clock.set


async def test_what_commits_is_not_cut(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nobody knew whether it has happened: the job has done it in its time, and ends well."""
    clock, begun, go = Clock(), asyncio.Event(), asyncio.Event()
    monkeypatch.setattr(interruptible, "WHOLE_S", 0.01)

    async def work(run: Run) -> Ending:
        with run.whole():
            begun.set()
            await go.wait()
        return Finished({"done": True})

    shop.does(within_time(work, "the work"))
    async with shop.worker(deadlines=clock):
        job_id = await enqueue_one(shop.pool, timeout_ms=5)
        await begun.wait()
        clock.is_over()
        asyncio.get_running_loop().call_later(0.05, go.set)
        await shop.until(job_id)
    assert await shop.results(job_id) == {"done": True}


async def test_work_that_swallows_its_cancellation_is_ended_all_the_same(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one whose `wait_for` has just got what it waited for."""
    clock, begun, heard = Clock(), asyncio.Event(), []
    monkeypatch.setattr(interruptible, "AGAIN_S", 0.01)

    async def work(job: Any) -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            heard.append("once")
        await asyncio.Event().wait()

    shop.does_as_always()
    async with shop.worker(handlers={"work": work}, deadlines=clock):
        job_id = await call(shop.pool, timeout=5)
        await begun.wait()
        clock.is_over()
        await shop.until(job_id)
    assert (await shop.results(job_id))["error"]["code"] == "timeout"
    assert heard == ["once"]
