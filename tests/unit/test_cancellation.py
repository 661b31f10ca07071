"""Tasks are cancelled until they have ended."""

from __future__ import annotations

import asyncio
import logging

import pytest

from engine.db import cancellation
from engine.errors import DatabaseUnavailable

LIMIT_S = 60


async def _for_ever() -> None:
    await asyncio.Event().wait()


async def _deaf(heard: list[str]) -> None:
    """Swallows the first cancellation, as `wait_for` does that has just got what it waited for."""
    try:
        await _for_ever()
    except asyncio.CancelledError:
        heard.append("once")
    await _for_ever()


async def _begun(*tasks: asyncio.Task[None]) -> None:
    await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)


async def test_one_that_swallows_its_cancellation_is_ended_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked again, and whoever ends it waits for nothing else."""
    monkeypatch.setattr(cancellation, "AGAIN_S", 0.01)
    heard: list[str] = []
    tasks = [asyncio.create_task(_deaf(heard)), asyncio.create_task(_for_ever())]
    await _begun(*tasks)
    async with asyncio.timeout(LIMIT_S):
        await cancellation.end(*tasks)
    assert heard == ["once"]
    assert all(task.cancelled() for task in tasks)


async def test_the_cancellation_of_the_caller_gets_through() -> None:
    """Although it waits for a task that takes none."""
    done = asyncio.Event()

    async def stubborn() -> None:
        while not done.is_set():
            try:
                await done.wait()
            except asyncio.CancelledError:
                continue

    task = asyncio.create_task(stubborn())
    ending = asyncio.create_task(cancellation.end(task))
    await _begun(task, ending)
    ending.cancel()
    async with asyncio.timeout(LIMIT_S):
        with pytest.raises(asyncio.CancelledError):
            await ending
        assert not task.done()
        done.set()
        await task


async def test_what_has_ended_is_left_as_it_is() -> None:
    """None, one with a result, one that was cancelled before."""
    ended, gone = asyncio.create_task(asyncio.sleep(0, "result")), asyncio.create_task(_for_ever())
    gone.cancel()
    await asyncio.wait([ended, gone])
    await cancellation.end()
    await cancellation.end(ended, gone)
    assert ended.result() == "result"


@pytest.mark.parametrize(("error", "said"), [(DatabaseUnavailable("away"), 0), (ValueError("a defect"), 1)])
async def test_only_defects_are_said(error: Exception, said: int, caplog: pytest.LogCaptureFixture) -> None:
    """A task that meets an outage while it ends has ended; the error of a defect is not lost."""

    async def fail() -> None:
        try:
            await _for_ever()
        finally:
            raise error

    task = asyncio.create_task(fail())
    await _begun(task)
    with caplog.at_level(logging.ERROR):
        await cancellation.end(task)
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [error] * said


@pytest.mark.parametrize("failure", [None, ValueError("the cancellation is what counts")])
async def test_work_is_whole_however_often_its_caller_is_cancelled(failure: Exception | None) -> None:
    """The caller ends behind the work, cancelled, whatever became of the work."""
    ends: list[str] = []
    begun, go = asyncio.Event(), asyncio.Event()

    async def commit() -> None:
        begun.set()
        await go.wait()
        ends.append("committed")
        if failure is not None:
            raise failure

    task = asyncio.create_task(cancellation.whole(commit()))
    task.add_done_callback(lambda _: ends.append("left"))
    await begun.wait()
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
    go.set()
    async with asyncio.timeout(LIMIT_S):
        await asyncio.wait([task])
    assert (task.cancelled(), ends) == (True, ["committed", "left"])


async def test_whole_work_that_nobody_disturbs_has_its_result() -> None:
    """Or its error."""

    async def fail() -> None:
        raise ValueError("no")

    assert await cancellation.whole(asyncio.sleep(0, "result")) == "result"
    with pytest.raises(ValueError, match="no"):
        await cancellation.whole(fail())
