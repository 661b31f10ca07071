"""How an attempt ends, and what the job is then: run by a real worker."""

from __future__ import annotations

import asyncio

import pytest

from engine.errors import BadRequest
from engine.executors.endings import Ending, Failed, Finished, HandedBack
from engine.executors.run import Run
from engine.model import Status
from tests.engine.hands import ask, enqueue_one, events, get, rows
from tests.engine.shop import Shop, nothing
from tests.patience import patience

ERROR = {"code": "javascriptException", "message": "no luck"}


async def until_asked_to_end(run: Run) -> Ending:
    """Work without end that looks at its safe points."""
    async with patience("the request to end"):
        while True:
            run.check()
            await asyncio.sleep(0.005)


async def test_a_job_that_throws_is_tried_again_until_it_returns(shop: Shop) -> None:
    """Two failures of three allowed: FINISHED without errors, each failure an ERROR line and a change."""

    async def third_time_lucky(run: Run) -> Ending:
        return Failed(ERROR) if run.claim.failures < 2 else Finished({"failures": run.claim.failures})

    shop.does(third_time_lucky)
    async with shop.worker():
        job = await shop.until(await enqueue_one(shop.pool, max_attempts=3))
    assert (job.attempt, job.failures) == (3, 2)
    assert await shop.results(job.id) == {"failures": 2}
    assert await events(shop.pool, job.id) == ["retried", "retried"]


async def test_the_last_failure_finishes_the_job(shop: Shop) -> None:
    """As many attempts as allowed, then FINISHED with the error in the results and in the log."""

    async def unlucky(run: Run) -> Ending:
        return Failed(ERROR)

    shop.does(unlucky)
    async with shop.worker():
        job = await shop.until(await enqueue_one(shop.pool, max_attempts=3))
    assert (job.attempt, job.failures, job.has_errors) == (3, 3, True)
    assert (await shop.results(job.id))["error"] == ERROR
    lines = await shop.pool.fetch("select level, message from headrace.job_logs where job_id = $1", job.id)
    assert [(line["level"], line["message"]) for line in lines] == [("ERROR", "javascriptException: no luck")] * 3


@pytest.mark.parametrize("hopeless", ["ending", "badRequest"])
async def test_what_cannot_get_better_is_not_tried_again(shop: Shop, hopeless: str) -> None:
    """A time-out, say, or a bad request ends the job at its first attempt, whatever is allowed."""

    async def hopeless_work(run: Run) -> Ending:
        if hopeless == "badRequest":
            raise BadRequest("no such action")
        return Failed(ERROR, retryable=False)

    shop.does(hopeless_work)
    async with shop.worker():
        job = await shop.until(await enqueue_one(shop.pool, max_attempts=5))
    assert (job.attempt, job.has_errors) == (1, True)


async def test_a_defect_of_an_executor_ends_the_job_not_the_worker(shop: Shop) -> None:
    """The job says which kind of surprise it was; the worker goes on with the next job."""

    async def defect(run: Run) -> Ending:
        raise ZeroDivisionError

    shop.does(defect)
    async with shop.worker():
        first = await shop.until(await enqueue_one(shop.pool))
        second = await shop.until(await enqueue_one(shop.pool))
    assert (await shop.results(first.id))["error"]["message"] == "the engine failed: ZeroDivisionError"
    assert second.has_errors


@pytest.mark.parametrize("text", ["NUL \0", "half of a pair \ud800"])
async def test_results_that_postgresql_refuses_finish_the_job_with_an_error(shop: Shop, text: str) -> None:
    """It does not stay RUNNING for ever, and the worker does not try for ever."""

    async def odd(run: Run) -> Ending:
        return Finished({"text": text})

    shop.does(odd)
    async with shop.worker():
        job = await shop.until(await enqueue_one(shop.pool))
    assert (job.status, job.has_errors) == (Status.FINISHED, True)
    assert (await shop.results(job.id))["error"]["code"] == "systemException"


async def test_a_stop_ends_at_a_safe_point_and_a_resume_goes_on(shop: Shop) -> None:
    """RUNNING, STOPPING, STOPPED by a worker that is told at once; resumed, it runs as its second attempt."""
    shop.does(until_asked_to_end)
    async with shop.worker():
        job_id = await enqueue_one(shop.pool)
        await shop.reaches(job_id, Status.RUNNING)
        await ask(shop.pool, "stop", job_id)
        await shop.reaches(job_id, Status.STOPPED)
        shop.does(nothing)
        await ask(shop.pool, "resume", job_id)
        job = await shop.until(job_id)
    assert (job.attempt, job.failures) == (2, 0)
    assert await events(shop.pool, job_id) == ["stopping", "stopped", "resumed"]


async def test_a_failure_while_stopping_counts(shop: Shop) -> None:
    """What threw before the stop reached it is STOPPED with a failure more, and tried again when it is resumed."""
    go = asyncio.Event()

    async def throws(run: Run) -> Ending:
        await go.wait()
        return Failed(ERROR)

    shop.does(throws)
    async with shop.worker(listen=False):
        job_id = await enqueue_one(shop.pool, max_attempts=2)
        await shop.reaches(job_id, Status.RUNNING)
        await ask(shop.pool, "stop", job_id)
        go.set()
        await shop.reaches(job_id, Status.STOPPED)
        assert (await get(shop.pool, job_id)).failures == 1
        await ask(shop.pool, "resume", job_id)
        job = await shop.until(job_id)
    assert (job.attempt, job.failures, job.has_errors) == (2, 2, True)


async def test_a_cancel_ends_a_running_job(shop: Shop) -> None:
    """CANCELING, then CANCELED once the work is gone; no results of its own."""
    shop.does(until_asked_to_end)
    async with shop.worker():
        job_id = await enqueue_one(shop.pool, max_attempts=5)
        await shop.reaches(job_id, Status.RUNNING)
        await ask(shop.pool, "cancel", job_id)
        job = await shop.until(job_id)
    assert job.status is Status.CANCELED
    assert await events(shop.pool, job_id) == ["canceling"]


async def test_a_forced_stop_drops_what_the_attempt_does_next(shop: Shop) -> None:
    """The job is STOPPED at once; the attempt's effects and its result are refused."""
    go, over = asyncio.Event(), asyncio.Event()

    async def late(run: Run) -> Ending:
        await go.wait()
        try:
            async with run.effect() as scope:
                await scope.conn.execute("update headrace.jobs_live set run_by = 'ghost' where id = $1", run.claim.id)
        finally:
            over.set()
        return Finished({"from": "a lost claim"})

    shop.does(late)
    async with shop.worker(listen=False):
        job_id = await enqueue_one(shop.pool)
        await shop.reaches(job_id, Status.RUNNING)
        await ask(shop.pool, "force", job_id)
        go.set()
        await asyncio.wait_for(over.wait(), 60)
    row = await rows(shop.pool, job_id)
    assert (row["status"], row["run_by"]) == ("STOPPED", None)
    assert await shop.results(job_id) == {}


async def test_an_attempt_that_is_handed_back_is_claimed_again(shop: Shop) -> None:
    """Handed back and claimed by the same worker at once, over and over: attempts count, slots are freed."""

    async def hands_back(run: Run) -> Ending:
        return HandedBack() if run.claim.attempt < 10 else Finished()

    shop.does(hands_back)
    async with shop.worker(slots=1) as worker:
        job = await shop.until(await enqueue_one(shop.pool))
        async with asyncio.timeout(60):
            while worker.busy:  # noqa: ASYNC110 - a property is asked
                await asyncio.sleep(0.01)
    assert (job.attempt, job.failures, job.has_errors) == (10, 0, False)
