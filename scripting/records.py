"""What a worker and its zygote say to each other: records of a fixed size on the control socket.

worker -> zygote  FORK number, status    zygote -> worker  HELLO
                  KILL number                              FORKED number, pid  (+ socket, + pidfd on Linux)
                                                           REFUSED number, errno
                                                           EXITED number, status, CPU, memory
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

# The status of a child whose zygote is gone: no process ends with it.
LOST = -1
# kind, number, pid, status, CPU in us, memory in KiB.
LAYOUT = struct.Struct("!6q")
SIZE = LAYOUT.size


class Kind(IntEnum):
    """What a record says."""

    HELLO = 1
    FORK = 2
    KILL = 3
    FORKED = 4
    REFUSED = 5
    EXITED = 6


@dataclass(frozen=True, slots=True)
class Record:
    """One record; what a kind does not need is 0. Times in us, sizes in KiB.

    `status` is as waitpid gives it; of a FORK, the language that the child rehearses, counted from 1, or 0.
    """

    kind: Kind
    number: int = 0
    pid: int = 0
    status: int = 0
    cpu_us: int = 0
    peak_kib: int = 0

    def pack(self) -> bytes:
        """The record as SIZE bytes."""
        return LAYOUT.pack(self.kind, self.number, self.pid, self.status, self.cpu_us, self.peak_kib)

    @classmethod
    def unpack(cls, data: bytes) -> Record:
        """The record in SIZE bytes of the other side, which is trusted."""
        kind, *rest = LAYOUT.unpack(data)
        return cls(Kind(kind), *rest)
