"""The share of claims that low-priority jobs get first, so that a stream of normal ones cannot starve them."""

from __future__ import annotations


class LowPriorityShare:
    """Saves up `percent` of every claimed job; a whole one buys a claim that takes low-priority jobs first."""

    def __init__(self, percent: int) -> None:
        self._percent = percent
        self._saved = 0

    def next_claim(self, free: int) -> tuple[int, bool]:
        """How many jobs to claim with so many free slots, and whether low-priority jobs come first."""
        due = self._saved // 100
        return (min(free, due), True) if due else (free, False)

    def claimed(self, count: int, low_first: bool) -> None:
        """So many jobs were claimed. A turn is spent also when nobody took it: it does not pile up."""
        self._saved = self._saved % 100 if low_first else self._saved + count * self._percent
