"""Many time limits, one timer a tick: most of them are never reached, and a timer of the event loop for each costs more
than the rest of a short job's life.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import ceil

# Limits end up to this much late, so those that are not much longer have a tick of their own.
TICK_S = 0.1
SHORT_S = 10.0

Act = Callable[[], object]


class Deadlines:
    """The limits of one event loop, by the tick at which they are reached; below `short_s` each has its own."""

    def __init__(self, *, short_s: float = SHORT_S) -> None:
        self._short_s = short_s
        self._ticks: dict[int, set[Act]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def after(self, seconds: float, act: Act) -> set[Act]:
        """Has `act` called once in so many seconds, up to TICK_S late if they are not short.

        Unless it is discarded from what this returns: those that share its tick. An object for each limit would be
        half of what a limit costs.
        """
        loop = self._loop = self._loop or asyncio.get_running_loop()
        if seconds < self._short_s:
            alone = {act}
            loop.call_later(seconds, _reach, alone)
            return alone
        tick = ceil((loop.time() + seconds) / TICK_S)
        peers = self._ticks.get(tick)
        if peers is None:
            peers = self._ticks[tick] = set()
            loop.call_at(tick * TICK_S, self._tick, tick)
        peers.add(act)
        return peers

    def _tick(self, tick: int) -> None:
        _reach(self._ticks.pop(tick))


def _reach(due: set[Act]) -> None:
    while due:
        due.pop()()
