"""A zygote whose children have no layers at all, to see what these cost; it imports no more than the other one."""

from __future__ import annotations

import os

from scripting import zygote
from scripting.limits import Lock


class NoLock(Lock):
    """No layer at all, to see what they cost."""

    def bequeath(self) -> None:
        """Nothing."""

    def rehearse(self, times: int) -> None:
        """Nothing."""

    def ahead(self, channel: int, *, parent: int) -> None:
        """Nothing but the socket."""
        os.dup2(channel, 3)
        os.closerange(4, 4096)

    def limit(self, *, name: str, memory_bytes: int, cpu_ms: int) -> None:
        """Nothing."""

    def seal(self) -> None:
        """Nothing."""


def main() -> None:
    """The entry: ScriptHost starts this module by name."""
    zygote.Lock = NoLock  # type: ignore[misc]
    zygote.main()
