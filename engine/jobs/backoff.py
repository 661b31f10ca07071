"""How long a failed job waits for its next attempt."""

from __future__ import annotations

from collections.abc import Callable


def delay_ms(failures: int, *, base_ms: int, max_ms: int, random: Callable[[], float]) -> int:
    """Exponential from `base_ms` for the first failure, at most `max_ms`, the upper half of it by chance.

    `random` gives numbers from 0 to 1. The jitter keeps jobs that failed together from coming back together.
    """
    full = min(base_ms << min(failures - 1, 30), max_ms)
    return round(full / 2 + full / 2 * random())
