"""What a worker and its zygote say to each other: records of a fixed size on the control socket.

worker -> zygote  FORK number, status    zygote -> worker  HELLO
                  KILL number                              FORKED number, pid  (+ socket, + pidfd on Linux)
                                                           REFUSED number, errno
                                                           EXITED number, status, CPU, memory
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

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


class Record(NamedTuple):
    """One record; what a kind does not need is 0. Times in us, sizes in KiB.

    `status` is as waitpid gives it; of a FORK, the language that the child rehearses, counted from 1, or 0.
    A tuple, since a worker makes two for each script.
    """

    kind: int
    number: int = 0
    pid: int = 0
    status: int = 0
    cpu_us: int = 0
    peak_kib: int = 0

    def pack(self) -> bytes:
        """The record as SIZE bytes."""
        return LAYOUT.pack(*self)


def unpacked(data: bytes) -> Iterator[Record]:
    """The records in whole SIZEs of bytes of the other side, which is trusted."""
    return map(Record._make, LAYOUT.iter_unpack(data))
