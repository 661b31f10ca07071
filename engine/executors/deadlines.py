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


class Deadline:
    """A limit that is being watched: `act` is called once when it is reached, unless it was dropped before."""

    __slots__ = ("_act", "_peers", "reached")

    def __init__(self, act: Callable[[], object], peers: set[Deadline]) -> None:
        self._act = act
        self._peers = peers
        self.reached = False
        peers.add(self)

    def drop(self) -> None:
        """The limit does not hold any more."""
        self._peers.discard(self)

    def reach(self) -> None:
        """The time is over."""
        self.reached = True
        self._act()


class Deadlines:
    """The limits of one event loop, by the tick at which they are reached; below `short_s` each has its own."""

    def __init__(self, *, short_s: float = SHORT_S) -> None:
        self._short_s = short_s
        self._ticks: dict[int, set[Deadline]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def after(self, seconds: float, act: Callable[[], object]) -> Deadline:
        """Watches a limit that is reached in so many seconds; one that is not short up to TICK_S late."""
        loop = self._loop = self._loop or asyncio.get_running_loop()
        if seconds < self._short_s:
            alone: set[Deadline] = set()
            loop.call_later(seconds, _reach, alone)
            return Deadline(act, alone)
        tick = ceil((loop.time() + seconds) / TICK_S)
        peers = self._ticks.get(tick)
        if peers is None:
            peers = self._ticks[tick] = set()
            loop.call_at(tick * TICK_S, self._tick, tick)
        return Deadline(act, peers)

    def _tick(self, tick: int) -> None:
        _reach(self._ticks.pop(tick))


def _reach(due: set[Deadline]) -> None:
    while due:
        due.pop().reach()
