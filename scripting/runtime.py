"""What a language has to offer inside the child, and what the child offers to it.

`child.py` picks the runtime by the program's language, compiles once, and runs it as often as the
host asks, each time in fresh globals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from scripting.model import Json, Threw

CLOCK_READS_PER_TICK = 1000


class HostError(Exception):
    """The host refused a call; runtimes turn it into the script's ScriptException."""

    def __init__(self, code: str, message: str, additional_info: Mapping[str, Json]) -> None:
        self.code = code
        self.message = message
        self.additional_info = dict(additional_info)
        super().__init__(message)


class ScriptFailed(Exception):
    """The script ended with an uncaught error, or does not compile."""

    def __init__(self, threw: Threw) -> None:
        self.threw = threw
        super().__init__(threw.message)


class Host(Protocol):
    """The child's side of the socket, as a runtime sees it.

    `memory_bytes` is the session's limit. The child's rlimit holds it from outside; an engine with
    a heap of its own sets it there too. A runtime lets MemoryError through: the child ends with it.
    Where the run is `traced`, the runtime sets `where`: it tells "path:line" of the script while it calls.
    """

    memory_bytes: int
    traced: bool
    where: Callable[[], str]

    def call(self, method: str, args: list[Json]) -> Json:
        """The host's answer; HostError if it refused. Blocks. Dates travel as {"$date": ms}."""
        ...

    def now_ms(self) -> int:
        """The script's clock: deterministic, moved only by replies of the host.

        After CLOCK_READS_PER_TICK reads without a call it makes the call `script.tick`, so a loop
        that only reads the clock still ends.
        """
        ...


class Runtime(Protocol):
    """A compiled script."""

    def image(self) -> str:
        """What `Compile` makes the same script of without compiling, ASCII; empty if there is no such thing.

        It is only ever given to a child with the same program of the same app: bytes from a child are not believed.
        """
        ...

    def rest(self) -> None:
        """Makes what the next run needs, between two runs; without it that run does so itself."""
        ...

    def run(self, variables: Mapping[str, Json], host: Host, seed: str) -> Json:
        """The script's value, JSON; ScriptFailed if it threw. Globals are fresh for each call."""
        ...


Compile = Callable[[str, str, Mapping[str, str], str], Runtime]
"""(path, source, other sources by path, image or nothing) -> Runtime; ScriptFailed, with line and column,
if it does not compile."""
