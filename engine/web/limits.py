"""How many requests an app may send to this process: a token bucket an app, refilled evenly over the minute.

In the process on purpose: a counter in PostgreSQL is a hot row that every request updates. So with n
API processes behind a balancer an app has up to n times the rate; set it accordingly. Where the rate is so low
that a row bears it, `shared_limits` counts for all processes together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import TooManyRequests


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a bucket after a request."""

    limit: int
    remaining: int


class RateLimits:
    """Buckets by app. `clock` is monotonic, in seconds."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._size = per_minute
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, app: str) -> Allowance:
        """One request of the app; TooManyRequests, with the seconds until the next one, if its bucket is empty."""
        now = self._clock()
        level, since = self._buckets.get(app, (float(self._size), now))
        level = min(self._size, level + (now - since) * self._size / 60)
        if level < 1:
            raise refusal(app, self._size, (1 - level) * 60 / self._size)
        self._buckets[app] = (level - 1, now)
        return Allowance(self._size, int(level - 1))


def refusal(app: str, per_minute: int, wait_s: float) -> TooManyRequests:
    """Says when the next request is welcome, in whole seconds."""
    whole_s = max(1, math.ceil(wait_s))
    return TooManyRequests(
        f"app {app} may send {per_minute} requests a minute; try again in {whole_s} s", retry_after_s=whole_s
    )
