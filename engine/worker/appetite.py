"""Whether a worker is hungry: has slots for more than it finds. While nobody is, whoever makes jobs wakes nobody."""

from __future__ import annotations

from collections.abc import Callable

# Full claims must go on for so long before a worker says that it is sated: each change of mind is a write.
SATED_AFTER_S = 1.0
# A transaction that was under way when the worker became hungry wakes nobody: for so long it looks often.
RESTLESS_S = 2.0


class Appetite:
    """What one worker last told the others, and what it has to tell them now. `clock` is monotonic, in s.

    A new worker is hungry (sql/migrations/0057_hungry.sql); one that does not listen never is, for others to see.
    """

    def __init__(self, clock: Callable[[], float], *, listens: bool) -> None:
        self._clock = clock
        self._listens = listens
        self.hungry = listens
        self._full_since: float | None = None
        self._restless_until = float("-inf")

    def found(self, *, enough: bool) -> bool | None:
        """A look for jobs found enough for all free slots, or not; what the others must be told now, if anything.

        Call `told` once they have been.
        """
        if not self._listens:
            return None
        now = self._clock()
        if not enough:
            self._full_since = None
            return None if self.hungry else True
        if self._full_since is None:
            self._full_since = now
        return False if self.hungry and now - self._full_since >= SATED_AFTER_S else None

    def told(self, hungry: bool) -> None:
        """The others know."""
        self.hungry = hungry
        self._restless_until = self._clock() + RESTLESS_S if hungry else float("-inf")

    @property
    def restless(self) -> bool:
        """Whether jobs may have been made of which nobody told this worker."""
        return self._clock() < self._restless_until
