"""The kernel's share of a script in a process of its own: fork, first touch of pages, exit and reap, and nothing else.

Measured in a process that is a zygote in all but what it serves: the same imports, rehearsals and memory. No sandbox
that forks such a process for each script goes below.
"""

from __future__ import annotations

import mmap
import os
import resource
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from scripting import zygote
from scripting.children import ENVIRONMENT, command
from scripting.limits import fork

_FORKS = 100
_ASKED, _ANSWER = struct.Struct("!I"), struct.Struct("!d")
_PAGE_BYTES = mmap.PAGESIZE


class Floor:
    """Stands in the place of zygote.Zygote: hears numbers of pages, answers with ms of CPU."""

    def __init__(self, control: socket.socket, *_: object) -> None:
        self._control = control

    def serve(self) -> None:
        """Until the other side closes."""
        _, needed = _forks(0)
        while len(asked := self._control.recv(_ASKED.size)) == _ASKED.size:
            ms, _ = _forks(max(0, _ASKED.unpack(asked)[0] - needed))
            self._control.sendall(_ANSWER.pack(ms))


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


class FloorClient:
    """Asks the process."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control

    def ms(self, pages: float) -> float:
        """CPU of fork, first touch of so many pages, exit and reap."""
        self._control.sendall(_ASKED.pack(round(pages)))
        answer = self._control.recv(_ANSWER.size, socket.MSG_WAITALL)
        return float(_ANSWER.unpack(answer)[0])


@contextmanager
def floor() -> Iterator[FloorClient]:
    """A process to ask, on the processors of this one."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            arguments = command(__name__, theirs, unsafe=False)
            process = subprocess.Popen(arguments, env=ENVIRONMENT, pass_fds=[theirs.fileno()])
        yield FloorClient(ours)
        ours.shutdown(socket.SHUT_RDWR)
        process.wait()
