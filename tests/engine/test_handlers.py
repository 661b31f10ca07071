"""HANDLER jobs: coroutine functions of the platform's own code, run in the worker's process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from engine.db.pool import Pool
from engine.errors import BadRequest, Forbidden
from engine.executors import handler
from engine.executors.handler import HandlerJob
from engine.jobs import logs, requests, store
from engine.model import Status
from tests.engine.hands import ANN, APP, ask, call, get
from tests.engine.shop import Shop


@pytest.fixture
async def shop(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """Workers that run handlers."""
    shop = Shop(pool, monkeypatch)
    shop.does(handler.execute)
    yield shop


async def double(job: HandlerJob) -> Any:
    return {"twice": job.params["n"] * 2}


async def test_a_handler_is_given_its_job_and_its_value_is_the_response(shop: Shop) -> None:
    """Parameters, attempt and user go in; what is returned is `results.response`, as for scripts that run once."""
    seen: list[tuple[Any, ...]] = []

    async def work(job: HandlerJob) -> Any:
        seen.append((job.app, dict(job.params), job.attempt, job.run_by))
        return await double(job)

    async with shop.worker(handlers={"work": work}):
        job_id = await call(shop.pool, params={"n": 21})
        assert (await shop.until(job_id)).status is Status.FINISHED
    assert seen == [(APP, {"n": 21}, 1, "ann")]
    assert await shop.results(job_id) == {"results": {"status": "ok", "response": {"twice": 42}}}


async def test_only_a_worker_that_has_the_handler_takes_its_jobs(shop: Shop) -> None:
    """A worker without it leaves the job alone, so it waits for one that has it, and loses no attempt."""
    async with shop.worker(handlers={"other": double}):
        job_id = await call(shop.pool, params={"n": 1})
        other = await call(shop.pool, "other", {"n": 1})
        await shop.until(other)
        assert (await get(shop.pool, job_id)).status is Status.PENDING
        async with shop.worker(handlers={"work": double}):
            assert (await shop.until(job_id)).attempt == 1


async def test_a_handler_that_raises_is_tried_again_and_its_error_is_the_jobs(shop: Shop) -> None:
    """Each failed attempt leaves an ERROR line; the last one ends the job with the error."""

    async def work(job: HandlerJob) -> Any:
        raise RuntimeError(f"attempt {job.attempt}")

    async with shop.worker(handlers={"work": work}):
        job_id = await call(shop.pool, maxAttempts=2)
        job = await shop.until(job_id)
    assert (job.attempt, job.has_errors) == (2, True)
    assert await shop.results(job_id) == {"error": {"code": "unknownError", "message": "RuntimeError: attempt 2"}}
    async with shop.pool.acquire() as conn:
        lines = [line.message for line in await logs.newer(conn, job_id, 0)]
    assert lines == ["unknownError: RuntimeError: attempt 1", "unknownError: RuntimeError: attempt 2"]


async def test_an_error_of_ours_keeps_its_code_and_is_not_tried_again(shop: Shop) -> None:
    """A handler may raise the engine's errors; those that asking again cannot help end the job."""

    async def work(job: HandlerJob) -> Any:
        raise Forbidden("not for you")

    async with shop.worker(handlers={"work": work}):
        job = await shop.until(await call(shop.pool, maxAttempts=5))
    assert job.attempt == 1
    assert (await shop.results(job.id))["error"]["code"] == "forbidden"


@pytest.mark.parametrize("value", [{"a": {1, 2}}, float("nan"), {"k\0": 1}, {1: 2}, "\ud800"])
async def test_a_value_that_is_not_json_is_an_error_of_that_job_alone(shop: Shop, value: Any) -> None:
    """Its neighbours in the same batch end as they should."""

    async def work(job: HandlerJob) -> Any:
        return value if job.params["bad"] else "good"

    async with shop.worker(handlers={"work": work}):
        bad, good = await call(shop.pool, params={"bad": True}), await call(shop.pool, params={"bad": False})
        assert (await shop.until(bad)).has_errors
        assert not (await shop.until(good)).has_errors
    assert (await shop.results(bad))["error"]["code"] == "badRequest"


async def test_a_handler_that_takes_too_long_is_cancelled(shop: Shop) -> None:
    """The job's time-out counts for handlers as well."""

    async def work(job: HandlerJob) -> Any:
        await asyncio.Event().wait()

    async with shop.worker(handlers={"work": work}):
        job = await shop.until(await call(shop.pool, timeout=50))
    assert (await shop.results(job.id))["error"]["code"] == "timeout"


async def test_a_time_out_of_its_own_is_an_error_like_any_other(shop: Shop) -> None:
    """TimeoutError from the handler's own code is not the job's time-out."""

    async def work(job: HandlerJob) -> Any:
        raise TimeoutError("theirs")

    async with shop.worker(handlers={"work": work}):
        job = await shop.until(await call(shop.pool))
    assert (await shop.results(job.id))["error"]["message"] == "TimeoutError: theirs"


@pytest.mark.parametrize(
    ("command", "status"), [("cancel", Status.CANCELED), ("stop", Status.STOPPED), ("force", Status.STOPPED)]
)
async def test_commands_cancel_a_running_handler(shop: Shop, command: str, status: Status) -> None:
    """Cancel and stop reach the coroutine as a cancellation, and its `finally` runs."""
    started, cleaned = asyncio.Event(), asyncio.Event()

    async def work(job: HandlerJob) -> Any:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.set()

    async with shop.worker(handlers={"work": work}):
        job_id = await call(shop.pool)
        await started.wait()
        await ask(shop.pool, command, job_id)
        await shop.reaches(job_id, status)
        await cleaned.wait()


async def test_a_handler_logs_and_reports_progress(shop: Shop) -> None:
    """Lines and progress can be seen while it works."""
    go = asyncio.Event()

    async def work(job: HandlerJob) -> Any:
        await job.log_info("half way")
        await job.progress(50, "half")
        await go.wait()
        await job.log_error("not quite")

    async with shop.worker(handlers={"work": work}):
        job_id = await call(shop.pool)
        job = await shop.until(job_id, lambda job: job.progress == 50)
        assert job.status_message == "half"
        go.set()
        assert (await shop.until(job_id)).has_errors
    async with shop.pool.acquire() as conn:
        lines = [(line.level.value, line.message) for line in await logs.newer(conn, job_id, 0)]
    assert lines == [("INFO", "half way"), ("ERROR", "not quite")]


async def test_a_thousand_jobs_end_in_few_transactions(shop: Shop) -> None:
    """Ends that come while a batch commits share the next one."""

    async def work(job: HandlerJob) -> Any:
        return job.params["n"]

    async with shop.pool.transaction() as conn:
        made = [requests.call_handler(ANN, "work", {"n": n}, {}) for n in range(1000)]
        ids = await store.create(conn, made)
    async with shop.worker(handlers={"work": work}, slots=200):
        for job_id in ids:
            await shop.until(job_id)
    responses = [(await shop.results(job_id))["results"]["response"] for job_id in ids]
    assert responses == list(range(1000))
    assert await shop.pool.fetchrow("select count(distinct xmin::text) < 500 as few from headrace.jobs_history") == (
        True,
    )


@pytest.mark.parametrize(
    ("name", "options"), [("", {}), ("a b", {}), ("x" * 101, {}), (None, {}), ("ok", {"queue": "q"})]
)
def test_bad_calls_are_refused_before_a_job_exists(name: Any, options: Any) -> None:
    """A name that no queue can have, and a queue of one's own, are named in the error."""
    with pytest.raises(BadRequest, match=r"handlerName|options\.queue"):
        requests.call_handler(ANN, name, {}, options)
