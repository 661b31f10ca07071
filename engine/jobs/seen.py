"""Which lines of a growing log were seen, so that none is missed and none is shown twice.

Numbers come from a sequence, but transactions commit in any order: a line may appear after one with a higher
number. So a follower does not remember the highest number alone. Below `floor` everything has appeared: what
lies there was seen long ago. Above it the follower knows each line that it saw.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.errors import BadRequest

# A line is written in a short transaction; one that takes longer than this to commit may be passed over.
SETTLE_S = 5.0
_TEXT = re.compile(r"(\d{1,18})\.(\d{1,18})\.(\d{1,9})(\.end)?\Z")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a follower was: `known` lines between floor and mark, nothing above the mark. `ended`: it saw the end.

    Whoever resumes counts again. If the count is the same, nothing appeared late and it goes on behind
    the mark; else it goes on behind the floor: then a line may come twice, but none is missed.
    """

    mark: int = 0
    floor: int = 0
    known: int = 0
    ended: bool = False

    def text(self) -> str:
        """The position as callers keep it."""
        return f"{self.mark}.{self.floor}.{self.known}" + (".end" if self.ended else "")

    @classmethod
    def parse(cls, value: str) -> Position:
        """The position that `text` gave; BadRequest for anything else."""
        found = _TEXT.match(value)
        if found is None:
            raise BadRequest.field("Last-Event-ID", value, "the id of an event of this stream")
        return cls(int(found[1]), int(found[2]), int(found[3]), found[4] is not None)


class Seen:
    """The lines that one follower saw. Times are a monotonic clock's."""

    def __init__(self, floor: int = 0) -> None:
        self.floor = floor
        self.mark = floor
        self._since: dict[int, float] = {}

    def __contains__(self, n: int) -> bool:
        return n <= self.floor or n in self._since

    def __len__(self) -> int:
        return len(self._since)

    def add(self, n: int, now: float) -> None:
        """One more line."""
        self._since[n] = now
        self.mark = max(self.mark, n)

    def settle(self, now: float) -> None:
        """Raises the floor over the lines that were seen long enough ago."""
        self.raise_floor(max((n for n, since in self._since.items() if now - since > SETTLE_S), default=0))

    def raise_floor(self, floor: int) -> None:
        """Everything up to this number has appeared."""
        if floor > self.floor:
            self.floor = floor
            self.mark = max(self.mark, floor)
            self._since = {n: since for n, since in self._since.items() if n > floor}

    @property
    def position(self) -> Position:
        """Where this follower is."""
        return Position(self.mark, self.floor, len(self._since))
