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


async def interruptible(run: Run, work: Callable[[], Awaitable[Any]], what: str, *, limit_ms: int | None = None) -> Any:
    """What the work returned, or how it failed; `what` is its name in the error of a time-out.

    It is cancelled, as asyncio cancels, when the attempt is to end, and after `limit_ms` (else the job's, else the
    setting's time).
    """
    task = run.task
    assert task is not None
    reasons: list[str] = []

    def kill(reason: str) -> None:
        reasons.append(reason)
        task.cancel()

    run.check()
    most_ms = run.claim.timeout_ms or limit_ms or run.services.settings.script_timeout_ms
    deadline = run.services.deadlines.after(most_ms / 1000, task.cancel)
    run.killable(kill)
    try:
        return await work()
    except asyncio.CancelledError:
        if not reasons and not deadline.reached:
            raise
        task.uncancel()
        if reasons:
            raise Interrupt(reasons[0]) from None
        message = f"{what} did not end within {most_ms} ms"
        return Failed({"code": "timeout", "message": message, "limit": "wall"}, retryable=False)
    except PASSING:
        raise
    except Exception as error:
        return _failed(error)
    finally:
        run.killable(None)
        deadline.drop()


def _failed(error: Exception) -> Failed:
    """The platform's own code may show its errors: their text goes into the job."""
    return Failed({"code": "unknownError", "message": f"{type(error).__name__}: {error}"})
