"""Children that wait for any script, and when others take the place of those that were given away.

A new child costs the processor milliseconds, just when the script that took the last one needs it. So places are
filled when no script has run for a moment; where some always do, at the latest _PATIENCE_S after one was taken.
Whoever finds no child waiting gets one forked for himself at once, so a burst never waits for either.
"""

from __future__ import annotations

import asyncio
from collections import deque

from scripting.children import Child, Zygote
from scripting.model import Language

_QUIET_S = 0.002
_PATIENCE_S = 0.03


class Warm:
    """Up to `size` children of one zygote, each of which rehearses the language that was asked for last."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._children: deque[asyncio.Future[Child]] = deque()
        self._zygote: Zygote | None = None
        self._language: Language | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, zygote: Zygote) -> None:
        """From here on children come from this zygote."""
        self.end()
        self._zygote = zygote
        self.fill()

    def take(self, zygote: Zygote, language: Language) -> asyncio.Future[Child]:
        """A child that waits, else one to come."""
        self._language = language
        # A fork that failed while nobody waited says nothing about the next one.
        while self._children and self._children[0].done() and self._children[0].exception() is not None:
            self._children.popleft()
        child = self._children.popleft() if self._children else zygote.fork()
        self._fill_within(_PATIENCE_S)
        return child

    def rest(self) -> None:
        """No script runs now."""
        self._fill_within(_QUIET_S)

    def fill(self) -> None:
        """Forks what is missing, now."""
        self._stop_timer()
        while self._zygote is not None and len(self._children) < self._size:
            self._children.append(self._zygote.fork(rehearsing=self._language))

    async def settle(self) -> None:
        """Returns when all of them are there."""
        self.fill()
        for future in list(self._children):
            await asyncio.shield(future)

    def end(self) -> None:
        """Lets go of the children and of their zygote."""
        self._stop_timer()
        self._zygote = None
        dropped, self._children = self._children, deque()
        for future in dropped:
            if not future.cancel():
                discard(future)

    def _fill_within(self, seconds: float) -> None:
        if self._zygote is None or len(self._children) >= self._size:
            return
        loop = asyncio.get_running_loop()
        if self._timer is not None and self._timer.when() <= loop.time() + seconds:
            return
        self._stop_timer()
        self._timer = loop.call_later(seconds, self.fill)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def discard(future: asyncio.Future[Child]) -> None:
    """Ends a child that nobody is going to use."""
    if not future.cancelled() and future.exception() is None:
        future.result().kill()
        future.result().release()
