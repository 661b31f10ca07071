"""The engine's own work within the time that its jobs were given: behind it, their last transaction counts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from engine.executors.endings import Ending, Failed
from engine.executors.interruptible import interruptible
from engine.executors.run import Run
from engine.jobs import journal

Execute = Callable[[Run], Awaitable[Ending]]
Results = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def within_time(execute: Execute, what: str, *, so_far: Results | None = None) -> Execute:
    """The executor, which ends when its attempt does, and with the error timeout behind the job's own time-out.

    Without one it may take as long as it takes. `so_far` makes the results of what was done until then, from the job's
    checkpoint: a transaction that is under way is rolled back.
    """

    async def bounded(run: Run) -> Ending:
        ending: Ending = await interruptible(run, lambda: execute(run), what)
        if isinstance(ending, Failed) and ending.error.get("limit") == "wall" and so_far is not None:
            async with run.services.pool.acquire() as conn:
                done = await journal.checkpoint(conn, run.claim.id)
            return Failed(ending.error, so_far(done), retryable=ending.retryable)
        return ending

    return bounded
