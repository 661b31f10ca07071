"""Python handlers that are far away: the SDK over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from engine.errors import Unauthorized
from engine.sdk import Event, JobHandler, Listener, Tick, job_handler
from engine.sdk.program import Program
from engine.sdk.remote import Remote
from tests.flatfile.test_samples import begin
from tests.web.conftest import Api, Caller

LIMIT_S = 60
Serving = Callable[..., Any]


@pytest.fixture
async def serving(api: Api, address: str) -> Serving:
    """Runs handlers over HTTP while a test looks."""
    token = await api.token()

    @asynccontextmanager
    async def serve(*handlers: JobHandler, listener: Listener | None = None) -> AsyncIterator[Remote]:
        program = Program({handler.name: handler for handler in handlers}, [listener] if listener else [])
        remote = Remote(program, address, token, slots=2)
        running = asyncio.create_task(remote.run())
        yield remote
        remote.stop()
        await asyncio.wait_for(running, LIMIT_S)

    return serve


async def becomes(ann: Caller, job_id: str, *statuses: str) -> dict[str, Any]:
    """The job, once it has one of these statuses."""
    async with asyncio.timeout(LIMIT_S):
        while (job := (await ann("GET", f"/v1/jobs/{job_id}"))["data"])["status"] not in statuses:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return dict(job)


async def test_a_handler_does_its_job(ann: Caller, serving: Serving) -> None:
    """Ticks, lines of the log and the outcome arrive; the process's own listener is told, in order."""
    heard: list[tuple[str, Any]] = []
    listener = Listener()

    @listener.on("job:*")
    async def hear(event: Event) -> None:
        heard.append((event.topic, event.payload.get("progress")))

    @job_handler("space:configure")
    async def configure(event: Event, tick: Tick) -> Any:
        await tick(50, "Halfway there!")
        await event.job.log_info(f"hello {event.payload['input']['name']}")
        return {"outcome": {"message": "Configured.", "acknowledge": True}}

    config = {
        "type": "space",
        "operation": "configure",
        "source": "s",
        "trigger": "immediate",
        "input": {"name": "you"},
    }
    job_id = (await ann("POST", "/v1/jobs", json=config))["data"]["id"]
    async with serving(configure, listener=listener):
        job = await becomes(ann, job_id, "complete")
    assert (job["outcome"]["message"], job["info"], job["progress"]) == ("Configured.", "Halfway there!", 100)
    assert heard == [("job:ready", None), ("job:updated", 50), ("job:completed", None)]
    lines = (await ann("GET", f"/apps/crm/jobs/{job_id}/logs"))["items"]
    assert [line["message"] for line in lines] == ["hello you"]


async def test_a_slow_listener_is_told_of_the_end_to_its_own(ann: Caller, serving: Serving) -> None:
    """The API says that the attempt is over while the listener is being told, and then the process is to end."""
    let_go, heard = asyncio.Event(), asyncio.Event()
    listener = Listener()

    @listener.on("job:completed")
    async def hear(event: Event) -> None:
        await let_go.wait()
        heard.set()

    @job_handler("space:configure")
    async def configure(event: Event, tick: Tick) -> None:
        return None

    job_id = await begin(ann, "space", "configure", "s")
    async with serving(configure, listener=listener) as remote:
        await becomes(ann, job_id, "complete")
        async with asyncio.timeout(LIMIT_S):
            while remote.held:  # noqa: ASYNC110 - the next poll says that it is over
                await asyncio.sleep(0.01)
        remote.stop()
        asyncio.get_running_loop().call_later(0.1, let_go.set)
    assert heard.is_set()


async def test_a_listener_that_is_cancelled_ends_with_what_it_runs(ann: Caller, api: Api, address: str) -> None:
    """Whatever it does at the time, a poll say: neither its next turn nor its handler goes on behind its back."""
    begun, over = asyncio.Event(), asyncio.Event()

    @job_handler("space:configure")
    async def configure(event: Event, tick: Tick) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            over.set()

    await begin(ann, "space", "configure", "s")
    remote = Remote(Program({configure.name: configure}, []), address, await api.token(), slots=2)
    running = asyncio.create_task(remote.run())
    async with asyncio.timeout(LIMIT_S):
        await begun.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert over.is_set()


async def test_what_a_handler_raises_fails_its_job(ann: Caller, serving: Serving) -> None:
    """With the message of what it raised, in the outcome and in the log."""

    @job_handler("file:process")
    async def process(event: Event, tick: Tick) -> None:
        raise ValueError("Failed to process the file.")

    job_id = await begin(ann, "file", "process", "us_fl_1")
    async with serving(process):
        job = await becomes(ann, job_id, "failed")
    assert job["outcome"] == {"message": "Failed to process the file.", "acknowledge": True}
    (line,) = (await ann("GET", f"/apps/crm/jobs/{job_id}/logs"))["items"]
    assert (line["level"], line["message"]) == ("ERROR", "unknownError: Failed to process the file.")


async def test_a_cancel_reaches_the_handler(ann: Caller, serving: Serving) -> None:
    """It is cancelled, as asyncio cancels, and its slot takes the next job."""
    running, cancelled = asyncio.Event(), asyncio.Event()

    @job_handler("space:configure")
    async def configure(event: Event, tick: Tick) -> None:
        running.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    job_id = await begin(ann, "space", "configure", "s")
    async with serving(configure):
        await asyncio.wait_for(running.wait(), LIMIT_S)
        await ann("POST", f"/v1/jobs/{job_id}/cancel", json={})
        await asyncio.wait_for(cancelled.wait(), LIMIT_S)
    assert (await ann("GET", f"/v1/jobs/{job_id}"))["data"]["status"] == "canceled"


async def test_it_comes_back_when_it_was_taken_for_dead(api: Api, ann: Caller, serving: Serving) -> None:
    """Its row goes, and its job to another attempt, which it takes as somebody new; the first handler is cancelled."""
    attempts: list[int] = []
    cancelled = asyncio.Event()

    @job_handler("space:configure")
    async def configure(event: Event, tick: Tick) -> None:
        attempts.append(event.context["attempt"])
        if len(attempts) == 1:
            await api.pool.execute(
                "update headrace.jobs_live set worker_id = null, status = 'PENDING', ready_at = now()"
            )
            await api.pool.execute("delete from headrace.workers")
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

    job_id = await begin(ann, "space", "configure", "s")
    async with serving(configure):
        await becomes(ann, job_id, "complete")
        await asyncio.wait_for(cancelled.wait(), LIMIT_S)
    assert attempts == [1, 2]


async def test_a_token_that_does_not_count_ends_it(address: str, api: Api) -> None:
    """At the start, with the API's own words."""

    @job_handler("space:configure")
    async def configure(event: Event, tick: Tick) -> None:
        """Is never called."""

    with pytest.raises(Unauthorized, match="unknown, expired or revoked"):
        await Remote(Program({"space:configure": configure}, []), address, "wrong").run()
