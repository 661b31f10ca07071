"""Awaiting work in the worker's own process that ends early when its attempt does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from engine.errors import HeadraceError
from engine.executors.endings import Failed
from engine.executors.run import Run
from scripting.model import Interrupt

# Not the fault of the work: whoever guards it lets these pass.
PASSING = (HeadraceError, Interrupt)
# Time for a handler to clean up. Work that swallowed its cancellation, as `wait_for` may, is asked again behind it.
AGAIN_S = 10.0
WHOLE_S = 0.05
_TIMEOUT = "timeout"


class _Cut:
    """The early end of the work: its task is cancelled until it ends, but not while it commits."""

    __slots__ = ("_asked", "_run", "_task", "_timer", "reason")

    def __init__(self, run: Run, task: asyncio.Task[Any]) -> None:
        self._run = run
        self._task = task
        self._asked = 0
        self._timer: asyncio.TimerHandle | None = None
        self.reason: str | None = None

    def now(self, reason: str) -> None:
        """Ends it for this reason; a command counts for more than a time that is over."""
        if self.reason in (None, _TIMEOUT):
            self.reason = reason
        self._ask()

    def late(self) -> None:
        """Ends it because its time is over."""
        self.now(self.reason or _TIMEOUT)

    def over(self) -> bool:
        """Takes back what was asked; whether nobody else has cancelled the task."""
        if self._timer is not None:
            self._timer.cancel()
        for _ in range(self._asked):
            self._task.uncancel()
        self._asked = 0
        return not self._task.cancelling()

    def _ask(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        pause_s = WHOLE_S if self._run.is_whole else AGAIN_S
        if not self._run.is_whole:
            self._asked += 1
            self._task.cancel()
        self._timer = asyncio.get_running_loop().call_later(pause_s, self._ask)


async def interruptible(run: Run, work: Callable[[], Awaitable[Any]], what: str, *, limit_ms: int | None = None) -> Any:
    """What the work returned; Failed if its time was over, `what` is its name in that error. What it raises passes.

    It is cancelled, as asyncio cancels, when the attempt is to end, and after the job's own time-out, else `limit_ms`
    (None is no limit). What is `run.whole` is not cut.
    """
    task = run.task
    assert task is not None
    run.check()
    cut = _Cut(run, task)
    most_ms = run.claim.timeout_ms or limit_ms
    late = cut.late
    peers = None if most_ms is None else run.services.deadlines.after(most_ms / 1000, late)
    run.killable(cut.now)
    try:
        return await work()
    except asyncio.CancelledError:
        if not cut.over() or cut.reason is None:
            raise
        if cut.reason != _TIMEOUT:
            raise Interrupt(cut.reason) from None
        run.services.metrics.job_timed_out(run.claim.type)
        message = f"{what} did not end within {most_ms} ms"
        return Failed({"code": "timeout", "message": message, "limit": "wall"}, retryable=False)
    finally:
        run.killable(None)
        if cut.reason is not None:
            cut.over()
        if peers is not None:
            peers.discard(late)


async def guarded(run: Run, work: Callable[[], Awaitable[Any]], what: str, *, limit_ms: int) -> Any:
    """As `interruptible`, for the platform's own code, which may show its errors: their text goes into the job."""
    try:
        return await interruptible(run, work, what, limit_ms=limit_ms)
    except PASSING:
        raise
    except Exception as error:
        return shown(error)


def shown(error: Exception) -> Failed:
    """How a job ends of whose code the error's own text may be seen."""
    return Failed({"code": "unknownError", "message": f"{type(error).__name__}: {error}"})
