"""How much one run of a script may log: a flood is cut, not an error."""

from __future__ import annotations

from dataclasses import dataclass

from engine.executors.limits import InForce


@dataclass(frozen=True, slots=True)
class Cut:
    """A line is beyond the limit `lines` or `bytes`; the `first` one is replaced by the message."""

    limit: str
    message: str
    first: bool


class LogLimit:
    """Counts the lines of one run, replayed ones included, so that a resumed run is cut at the same line."""

    def __init__(self, limits: InForce) -> None:
        self._limits = limits
        self._lines = 0
        self._bytes = 0
        self._cut: Cut | None = None

    def add(self, message: str) -> Cut | None:
        """None if the line is within the limits."""
        if self._cut is not None:
            return Cut(self._cut.limit, self._cut.message, first=False)
        self._lines += 1
        self._bytes += len(message.encode())
        if self._lines > self._limits.log_lines:
            self._cut = self._beyond("lines", f"{self._limits.log_lines} lines (limits.log_lines)")
        elif self._bytes > self._limits.log_kb * 1024:
            self._cut = self._beyond("bytes", f"{self._limits.log_kb} KiB (limits.log_kb)")
        return self._cut

    def replayed(self, args: str) -> None:
        """Counts a line of an earlier attempt by what the journal keeps of it, which is the beginning of a long one."""
        self._lines += 1
        self._bytes += len(args)

    def _beyond(self, limit: str, allowed: str) -> Cut:
        return Cut(limit, f"the log is cut here: one run of a script may write {allowed}", first=True)
