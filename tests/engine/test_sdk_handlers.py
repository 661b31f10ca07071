"""Handlers of the SDK in a worker: seeds 001 and 002, on real jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from engine.db.pool import Pool
from engine.executors import handler
from engine.executors.handler import Handler
from engine.model import Status
from engine.sdk import Event, JobHandler, Listener, Tick, job_handler
from engine.sdk.program import Program
from tests.engine.hands import ask, call
from tests.engine.shop import Shop


@pytest.fixture
async def shop(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """Workers that run handlers."""
    shop = Shop(pool, monkeypatch)
    shop.does(handler.execute)
    yield shop


def worker_handlers(found: JobHandler, *listeners: Listener) -> Mapping[str, Handler]:
    """What a worker runs for one handler and these listeners."""
    return Program({found.name: found}, listeners).for_worker()


def hearing(heard: list[tuple[str, dict[str, Any]]]) -> Listener:
    """A listener that writes down all that it hears: topic and payload."""
    listener = Listener()

    @listener.on("job:*")
    async def write_down(event: Event) -> None:
        heard.append((event.topic, event.payload))

    return listener


async def test_a_handler_ticks_and_its_outcome_is_the_jobs(shop: Shop) -> None:
    """Seed 002, *Basic Usage* and *Custom Outcomes*: ticks in their order, awaited or not; listeners hear it."""
    heard: list[tuple[str, dict[str, Any]]] = []

    @job_handler("file:process")
    async def process(event: Event, tick: Tick) -> Any:
        await tick(10, "Starting...")
        tick(50, "Halfway there!")
        tick(99.9)
        return {"outcome": {"message": "10 new records created.", "acknowledge": True}}

    async with shop.worker(handlers=worker_handlers(process, hearing(heard))):
        job = await shop.until(await call(shop.pool, "file:process", {"file": "f"}))
        async with asyncio.timeout(60):
            while len(heard) < 5:  # noqa: ASYNC110 - the last is told after the end has been committed
                await asyncio.sleep(0.01)
    assert (job.progress, job.status_message, job.has_errors) == (100, "Halfway there!", False)
    outcome = {"message": "10 new records created.", "acknowledge": True}
    assert await shop.results(job.id) == {"results": {"status": "ok", "response": {"outcome": outcome}}}
    assert [topic for topic, _ in heard] == ["job:ready", *["job:updated"] * 3, "job:completed"]
    assert [payload.get("progress") for _, payload in heard[1:4]] == [10, 50, 99]
    assert heard[-1][1]["outcome"] == outcome
    assert {payload["input"]["file"] for _, payload in heard} == {"f"}


async def test_an_exception_fails_the_job_with_its_message(shop: Shop) -> None:
    """Seed 002, *Error Handling Example*: after the last try, and only then, listeners hear of it."""
    heard: list[tuple[str, dict[str, Any]]] = []

    @job_handler("data:validate", debug=True)
    async def validate(event: Event, tick: Tick) -> None:
        await tick(1, "Starting validation...")
        raise RuntimeError("Validation failed: No records found to validate.")

    async with shop.worker(handlers=worker_handlers(validate, hearing(heard))):
        job = await shop.until(await call(shop.pool, "data:validate", maxAttempts=2))
        async with asyncio.timeout(60):
            while not heard or heard[-1][0] != "job:failed":  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
    message = "Validation failed: No records found to validate."
    assert (job.has_errors, job.attempt) == (True, 2)
    left = await shop.results(job.id)
    assert left["error"] == {"code": "unknownError", "message": message}
    assert left["outcome"] == {"message": message, "acknowledge": True}
    assert [topic for topic, _ in heard] == ["job:ready", "job:updated"] * 2 + ["job:failed"]
    assert heard[-1][1]["outcome"] == left["outcome"]


@pytest.mark.parametrize(
    ("returned", "says"), [({"outcome": {"mesage": "m"}}, "outcome.mesage"), ("done", "what the handler returned")]
)
async def test_an_outcome_that_is_none_fails_the_job_at_once(shop: Shop, returned: Any, says: str) -> None:
    """Trying again would not help; the error names the field."""

    @job_handler("a:b")
    async def work(event: Event, tick: Tick) -> Any:
        return returned

    async with shop.worker(handlers=worker_handlers(work)):
        job = await shop.until(await call(shop.pool, "a:b", maxAttempts=5))
    error = (await shop.results(job.id))["error"]
    assert (job.attempt, error["code"]) == (1, "badRequest")
    assert says in error["message"]


async def test_a_tick_out_of_range_fails_the_job_although_nobody_awaits_it(shop: Shop) -> None:
    """It is refused where it is called."""

    @job_handler("a:b")
    async def work(event: Event, tick: Tick) -> Any:
        tick(101)

    async with shop.worker(handlers=worker_handlers(work)):
        job = await shop.until(await call(shop.pool, "a:b"))
    assert "progress: 101" in (await shop.results(job.id))["error"]["message"]


async def test_middleware_lies_around_the_handler(shop: Shop) -> None:
    """What it raises fails the job, and so does keeping the event; at other events it changes nothing."""
    listener, ran = Listener(), []

    @listener.use
    async def guard(event: Event, next: Any) -> None:
        if event.topic != "job:ready":
            raise RuntimeError("only logged")
        if event.payload["input"]["do"] == "raise":
            raise PermissionError("not on Sundays")
        if event.payload["input"]["do"] == "pass":
            await next()

    @job_handler("a:b")
    async def work(event: Event, tick: Tick) -> Any:
        ran.append(event.payload["input"]["do"])

    async with shop.worker(handlers=worker_handlers(work, listener)):
        jobs = {do: await shop.until(await call(shop.pool, "a:b", {"do": do})) for do in ("raise", "keep", "pass")}
    assert ran == ["pass"]
    assert {do: job.has_errors for do, job in jobs.items()} == {"raise": True, "keep": True, "pass": False}
    assert "not on Sundays" in (await shop.results(jobs["raise"].id))["error"]["message"]
    assert "did not call next" in (await shop.results(jobs["keep"].id))["error"]["message"]


async def test_a_canceled_job_is_told_as_canceled(shop: Shop) -> None:
    """The handler is cancelled as asyncio cancels; nothing is told as complete."""
    heard: list[tuple[str, dict[str, Any]]] = []
    started = asyncio.Event()

    @job_handler("a:b")
    async def work(event: Event, tick: Tick) -> Any:
        started.set()
        await asyncio.Event().wait()

    async with shop.worker(handlers=worker_handlers(work, hearing(heard))):
        job_id = await call(shop.pool, "a:b")
        await started.wait()
        await ask(shop.pool, "cancel", job_id)
        await shop.reaches(job_id, Status.CANCELED)
        async with asyncio.timeout(60):
            while len(heard) < 2:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
    assert [(topic, payload["status"]) for topic, payload in heard] == [
        ("job:ready", "executing"),
        ("job:canceled", "canceled"),
    ]
