"""The kernel's share of a script in a process of its own: fork, first touch of pages, exit and reap, and nothing else.

Measured in a process that is a zygote in all but what it serves: the same imports, rehearsals and memory. No sandbox
that forks such a process for each script goes below. Who asks is in _script_floor_client.py: what a zygote does not
import would make this process larger than one.
"""

from __future__ import annotations

import _socket
import mmap
import os
import resource
import struct

from scripting import zygote
from scripting.limits import fork

_FORKS = 100
ASKED, ANSWER = struct.Struct("!I"), struct.Struct("!d")
_PAGE_BYTES = mmap.PAGESIZE


class Floor:
    """Stands in the place of zygote.Zygote: hears numbers of pages, answers with ms of CPU."""

    def __init__(self, control: _socket.socket, *_: object) -> None:
        self._control = control

    def serve(self) -> None:
        """Until the other side closes."""
        _, needed = _forks(0)
        while len(asked := self._control.recv(ASKED.size)) == ASKED.size:
            ms, _ = _forks(max(0, ASKED.unpack(asked)[0] - needed))
            self._control.sendall(ANSWER.pack(ms))


def _forks(pages: int) -> tuple[float, int]:
    """CPU of both sides in ms, and pages that the child touched; it touches about 45 by being a process of Python."""
    # The memory makes this process larger than a zygote by as many pages, which costs each fork 0.2 us a page.
    with mmap.mmap(-1, (pages + 1) * _PAGE_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        touch = slice(0, pages * _PAGE_BYTES, _PAGE_BYTES)
        memory[touch] = marks = bytes(pages)
        before = _usage()
        for _ in range(_FORKS):
            pid = fork()
            if pid == 0:
                memory[touch] = marks
                os._exit(0)
            os.waitpid(pid, 0)
        after = _usage()
    return 1000 * (after[0] - before[0]) / _FORKS, (after[1] - before[1]) // _FORKS


def _usage() -> tuple[float, int]:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages), usages[1].ru_minflt


def main() -> None:
    """The process: its arguments are a zygote's."""
    zygote.Zygote = Floor  # type: ignore[assignment, misc]
    zygote.main()
