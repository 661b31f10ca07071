"""The share of claimed jobs that is of low priority, so that a stream of normal ones cannot starve them."""

from __future__ import annotations


class LowPriorityShare:
    """Saves up `percent` of every claimed job: so many low-priority jobs come first in the next claim."""

    def __init__(self, percent: int) -> None:
        self._percent = percent
        self._saved = 0

    def due(self, limit: int) -> int:
        """How many low-priority jobs come first in a claim of so many."""
        return min(limit, self._saved // 100)

    def claimed(self, count: int, low_first: int) -> None:
        """So many jobs were claimed. What was due is spent also when nobody took it: it does not pile up."""
        kept = self._saved % 100 if low_first else self._saved
        self._saved = kept + max(0, count - low_first) * self._percent
