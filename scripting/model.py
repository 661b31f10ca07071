"""What goes into a run of a script and what comes out of it, as frozen values. No I/O.

Expected endings are values (`Returned | Threw | Killed | Interrupted`), resolved with `match`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

# Recursive JSON defeats strict checkers at every use; what crosses the border is checked at run time instead.
Json = object


class Language(StrEnum):
    """The language of a script, told by its file's suffix."""

    JAVASCRIPT = "javascript"
    PYTHON = "python"


@dataclass(frozen=True, slots=True)
class Program:
    """A script and the app's other scripts of the same version, which it may use as shared code."""

    language: Language
    path: str
    source: str
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """Hard limits on one session. The wall time counts each run by itself."""

    wall_ms: int = 120_000
    cpu_ms: int = 60_000
    memory_bytes: int = 256 * 1024 * 1024
    frame_bytes: int = 8 * 1024 * 1024
    result_bytes: int = 8 * 1024 * 1024
    source_bytes: int = 1024 * 1024
    calls: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Returned:
    """The script ended by itself; `value` is JSON.

    cpu_ms: what its process used from when the run was sent; what was left to compile then is included.
    """

    value: Json
    cpu_ms: int


@dataclass(frozen=True, slots=True)
class Threw:
    """The script ended with an uncaught error; line and column count from 1, in `path`."""

    code: str
    message: str
    additional_info: Mapping[str, Json] = field(default_factory=dict)
    path: str | None = None
    line: int | None = None
    column: int | None = None
    quoted: str | None = None
    stack: str | None = None


@dataclass(frozen=True, slots=True)
class Killed:
    """A limit ended the script: wall, cpu, memory, frame, calls, result, source, protocol or crash."""

    limit: str
    message: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The host ended the script on purpose: parked, stopped, canceled, handed over."""

    reason: str


Outcome = Returned | Threw | Killed | Interrupted


@dataclass(frozen=True, slots=True)
class Value:
    """The host's answer to a call. `now_ms` is the script's clock from here on."""

    value: Json
    now_ms: int


@dataclass(frozen=True, slots=True)
class Failure:
    """The host's refusal of a call; the script sees a ScriptException."""

    code: str
    message: str
    additional_info: Mapping[str, Json]
    now_ms: int


Reply = Value | Failure


# A script that ends before its recorded calls do says so by a call of this name, which no host API has.
ENDED = "script.ended"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A call that was made before, and its reply as JSON text; `fingerprint` is that of its arguments."""

    method: str
    fingerprint: str
    failed: bool
    text: str
    now_ms: int


class Interrupt(Exception):
    """Raised by `Calls.call` to end the run at this call: the child is killed, the run is Interrupted."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Calls(Protocol):
    """The host's side of the one socket: serves the calls of one run, in order."""

    async def call(self, seq: int, method: str, args: list[Json]) -> Reply:
        """The reply to call number `seq`, from 1; without gaps but for calls that `ahead` has answered."""
        ...

    async def ahead(self, seq: int) -> Sequence[Recorded]:
        """What is known to be the replies from call `seq` on, before they are asked for; or nothing."""
        ...

    def at(self, place: str) -> None:
        """In a traced run: where in the script, "path:line", the call comes from that follows."""
        ...


@dataclass(frozen=True, slots=True)
class LayerReport:
    """Which layers hold around a child, found out by a self-test child at start.

    `seccomp` is the wall: it is proven by a forbidden system call that kills. The others stand behind it.
    """

    parent_death: bool = False
    no_new_privileges: bool = False
    not_dumpable: bool = False
    unprivileged: bool = False
    descriptors: bool = False
    rlimits: bool = False
    landlock: bool = False
    seccomp: bool = False
