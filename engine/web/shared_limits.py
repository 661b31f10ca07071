"""How many requests an app may send to all API processes together: a token bucket an app, a row of PostgreSQL each.

A process takes as many at once as are refilled in a second, and for the rates of a vendor (50 a minute) that is one;
what it does not need within a second is lost. An app that has none left is refused without asking until its bucket
has one again: however often somebody knocks, its row is written no more often than its rate allows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.db.pool import Pool
from engine.db.sql import load
from engine.web.limits import refusal

HOLD_S = 1.0


@dataclass(frozen=True, slots=True)
class _Held:
    """What this process may hand out until then; with none left it asks again, unless it was refused."""

    count: int
    until: float
    refused: bool = False


_NOTHING = _Held(0, float("-inf"))


class SharedLimits:
    """Buckets by app. `clock` is monotonic, in seconds; it only says how long to keep what PostgreSQL said."""

    def __init__(self, pool: Pool, per_minute: int, clock: Callable[[], float]) -> None:
        self._pool = pool
        self._size = per_minute
        self._block = max(1, per_minute // 60)
        self._clock = clock
        self._held: dict[str, _Held] = {}

    async def take(self, app: str) -> None:
        """One request of the app; TooManyRequests, with the seconds until the next one, if its bucket is empty."""
        held = self._current(app)
        if held.refused:
            raise refusal(app, self._size, held.until - self._clock())
        self._held[app] = self._less(held) if held.count else await self._ask(app)

    async def _ask(self, app: str) -> _Held:
        row = await self._pool.fetchrow(load("request_bucket_take"), app, self._size, self._block)
        assert row is not None, "the bucket is made where there is none"
        now = self._clock()
        if row["granted"]:
            # Others of this process may have asked meanwhile.
            return _Held(self._current(app).count + row["granted"] - 1, now + HOLD_S)
        wait_s = (1 - row["level"]) * 60 / self._size
        self._held[app] = _Held(0, now + wait_s, refused=True)
        raise refusal(app, self._size, wait_s)

    def _current(self, app: str) -> _Held:
        held = self._held.get(app, _NOTHING)
        return held if self._clock() < held.until else _NOTHING

    @staticmethod
    def _less(held: _Held) -> _Held:
        return _Held(held.count - 1, held.until)
