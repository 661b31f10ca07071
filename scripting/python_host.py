"""The host as one run may use it: what outlives the run, such as a generator, calls nobody."""

from __future__ import annotations

from collections.abc import Callable

from scripting.model import Json
from scripting.runtime import Host
from scripting.stubs.python_errors import RunEnded


class RunHost:
    """scripting.runtime.Host between `open` and `close`; before and after, every call ends whatever made it.

    A child runs a script more than once, each time as another job: a call that is late would be that job's.
    """

    def __init__(self) -> None:
        self.memory_bytes = 0
        self.traced = False
        self.where: Callable[[], str] = str
        self._host: Host | None = None

    def open(self, host: Host) -> None:
        """The run begins."""
        self.memory_bytes = host.memory_bytes
        self.traced = host.traced
        self.where = host.where
        self._host = host

    def call(self, method: str, args: list[Json]) -> Json:
        """See Host.call; RunEnded after the run."""
        return self._opened().call(method, args)

    def now_ms(self) -> int:
        """See Host.now_ms; RunEnded after the run."""
        return self._opened().now_ms()

    def close(self) -> None:
        """The run is over."""
        self._host = None

    def _opened(self) -> Host:
        if self._host is None:
            raise RunEnded
        return self._host
