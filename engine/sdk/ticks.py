"""`tick`: how a handler says how far it is (seed 002). It may be awaited and need not be."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

from engine.errors import BadRequest


class Tick:
    """Called with the progress, 0 to 100, and what to tell people; each call is told in its turn."""

    def __init__(self, tell: Callable[[int, str | None], Awaitable[None]]) -> None:
        self._tell = tell
        self._turn = asyncio.Lock()
        self._open: list[asyncio.Task[None]] = []

    def __call__(self, progress: float, info: str | None = None) -> asyncio.Task[None]:
        """Stores progress and info; BadRequest at once if they are not a number from 0 to 100 and a text or None."""
        whole, text = _percent(progress), _info(info)
        task = asyncio.create_task(self._take_turn(whole, text))
        self._open.append(task)
        return task

    async def finish(self) -> None:
        """Waits for calls that nobody awaited; raises what went wrong with the first of them."""
        while self._open:
            await self._open.pop(0)

    def drop(self) -> None:
        """Ends calls that still wait: their attempt is over, and so is who would hear of their errors."""
        for task in self._open:
            if not task.cancel() and not task.cancelled():
                task.exception()

    async def _take_turn(self, progress: int, info: str | None) -> None:
        # asyncio's locks are fair: the calls come in their order.
        async with self._turn:
            await self._tell(progress, info)


def _percent(value: Any) -> int:
    """Rounded down: 99.9 is not done."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise BadRequest.field("progress", value, "a number from 0 to 100")
    return math.floor(value)


def _info(value: Any) -> str | None:
    if value is None or (isinstance(value, str) and "\0" not in value):
        return value
    raise BadRequest.field("info", value, "a text without the character NUL, or None")
