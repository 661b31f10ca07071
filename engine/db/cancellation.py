"""Tasks that somebody ends, and waits for until they have; and work that is not left half done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from engine.errors import HeadraceError

log = logging.getLogger(__name__)

T = TypeVar("T")

AGAIN_S = 1.0


async def end(*tasks: asyncio.Future[Any]) -> None:
    """Cancels them until they have ended; a cancellation of the caller passes through at once.

    Before Python 3.12 a `wait_for` that has just got what it waited for, such as a connection, swallows a cancellation,
    and its task would go on for ever. A task that fails with a HeadraceError on its way, for an outage say, is no more
    than ended; any other error is a defect, and logged.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_S)
    for task in tasks:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, HeadraceError):
            log.error("%r failed when it was to end", task, exc_info=error)


async def whole(work: Coroutine[Any, Any, T]) -> T:
    """The result of work that is not left half done: who is cancelled meanwhile, however often, waits for its end.

    A transaction that is cut in its commit may have happened or not, and nobody would know.
    """
    task = asyncio.ensure_future(work)
    asked: asyncio.CancelledError | None = None
    while not task.done():
        try:
            # It leaves the task alone when it is cancelled.
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            asked = error
    if asked is not None:
        if not task.cancelled():
            task.exception()  # the cancellation is what counts
        raise asked
    return task.result()
