"""Tasks that somebody ends, and waits for until they have."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from engine.errors import HeadraceError

log = logging.getLogger(__name__)

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
