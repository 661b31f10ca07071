"""The process that forks children: started once by each worker, with an empty environment and one socket.

It imports the runtimes once, so a fork is all that a child costs, and it owns the children: it reaps
them, and they die when it dies. It never sees a script, a secret or a connection. Forking here, and never
in the asyncio process, keeps the worker's memory out of the children.

Records on the control socket have a fixed size:

    worker -> zygote  FORK number, status    zygote -> worker  HELLO
                      KILL number                              FORKED number, pid  (+ socket, + pidfd on Linux)
                                                               REFUSED number, errno
                                                               EXITED number, status, CPU, memory
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import select
import signal
import socket
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import ClassVar

from scripting import child, protocol, rehearsal
from scripting.limits import Lock, die_first, die_with_parent, fork
from scripting.model import Language

# The status of a child whose zygote is gone: no process ends with it.
LOST = -1
# CPython 3.11 specializes a function in its eighth run, and what failed to be is tried again some runs later.
_REHEARSALS = 16


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

    _LAYOUT: ClassVar[struct.Struct] = struct.Struct("!6q")
    SIZE: ClassVar[int] = _LAYOUT.size

    def pack(self) -> bytes:
        """The record as SIZE bytes."""
        return self._LAYOUT.pack(self.kind, self.number, self.pid, self.status, self.cpu_us, self.peak_kib)

    @classmethod
    def unpack(cls, data: bytes) -> Record:
        """The record in SIZE bytes of the other side, which is trusted."""
        kind, *rest = cls._LAYOUT.unpack(data)
        return cls(Kind(kind), *rest)


class Zygote:
    """Serves one control socket until it closes."""

    def __init__(
        self, control: socket.socket, compilers: child.Compilers, lock: Lock, rehearsals: Sequence[bytes]
    ) -> None:
        self._control = control
        self._rehearsals = rehearsals
        self._compilers = compilers
        self._lock = lock
        self._numbers: dict[int, int] = {}
        self._wake, self._waker = socket.socketpair()

    def serve(self) -> None:
        """Forks, kills and reaps as told; on return no child is left."""
        self._watch_children()
        self._send(Record(Kind.HELLO))
        while self._serve_once():
            self._reap()
        self._end_children()

    def _watch_children(self) -> None:
        for end in (self._wake, self._waker):
            end.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    def _serve_once(self) -> bool:
        readable, _, _ = select.select([self._control, self._wake], [], [])
        if self._wake in readable:
            self._wake.recv(4096)
        if self._control not in readable:
            return True
        try:
            data = self._control.recv(Record.SIZE, socket.MSG_WAITALL)
        except ConnectionResetError:  # the worker is gone and had not read everything
            return False
        if len(data) < Record.SIZE:
            return False
        self._obey(Record.unpack(data))
        return True

    def _obey(self, record: Record) -> None:
        match record.kind:
            case Kind.FORK:
                self._fork(record.number, self._rehearsals[record.status])
            case Kind.KILL:
                self._kill(record.number)
            case _:
                raise ValueError(f"a worker does not send {record.kind.name}")

    def _fork(self, number: int, rehearsal: bytes) -> None:
        parent = os.getpid()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            try:
                pid = fork()
            except OSError as error:
                self._send(Record(Kind.REFUSED, number, status=error.errno or 0))
                return
            if pid == 0:
                compilers = self._compilers
                child.main(theirs, parent=parent, lock=self._lock, compilers=compilers, rehearsal=rehearsal)
            self._numbers[pid] = number
            self._announce(number, pid, ours)

    def _announce(self, number: int, pid: int, channel: socket.socket) -> None:
        record = Record(Kind.FORKED, number, pid)
        if sys.platform != "linux":
            self._send(record, channel.fileno())
            return
        # The child cannot have been reaped yet, so the pid is still its own.
        pidfd = os.pidfd_open(pid)
        try:
            self._send(record, channel.fileno(), pidfd)
        finally:
            os.close(pidfd)

    def _kill(self, number: int) -> None:
        for pid, owned in self._numbers.items():
            if owned == number:
                os.kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        while self._numbers:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            self._send(_exited(self._numbers.pop(pid), pid, status, usage))

    def _send(self, record: Record, *descriptors: int) -> None:
        # A worker that is gone is noticed by the read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            socket.send_fds(self._control, [record.pack()], descriptors)

    def _end_children(self) -> None:
        for pid in self._numbers:
            os.kill(pid, signal.SIGKILL)
        while self._numbers:
            pid, status, usage = os.wait4(-1, 0)
            self._send(_exited(self._numbers.pop(pid), pid, status, usage))


def _exited(number: int, pid: int, status: int, usage: resource.struct_rusage) -> Record:
    cpu_us = int((usage.ru_utime + usage.ru_stime) * 1_000_000)
    return Record(Kind.EXITED, number, pid, status, cpu_us, usage.ru_maxrss)


def main(runtimes: Mapping[Language, str] = child.RUNTIMES) -> None:
    """The zygote's whole life. Arguments: the control socket's descriptor, the worker's pid, safe or unsafe."""
    control_fd, parent, safety = sys.argv[1:]
    die_with_parent(int(parent))
    die_first()
    control = socket.socket(fileno=int(control_fd))
    control.set_inheritable(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    compilers = child.load_compilers(runtimes)
    rehearsals = [_rehearsed(language, compilers) for language in Language]
    child.stock(runtimes)
    _have_one_thread()
    lock = Lock.prepare(unsafe=safety == "unsafe")
    lock.bequeath()
    _forget_standard_streams()
    # Children share the zygote's pages until they write; a collection would write to all of them.
    gc.collect()
    gc.freeze()
    gc.disable()
    Zygote(control, compilers, lock, [b"", *rehearsals]).serve()


def _rehearsed(language: Language, compilers: child.Compilers) -> bytes:
    """What children rehearse: after the zygote has, often enough for the interpreter to have seen it all."""
    image = ""
    for frame in child.rehearse(rehearsal.conversation(language), compilers):
        image = frame.image if isinstance(frame, protocol.Ready) else image
    conversation = rehearsal.conversation(language, image)
    for _ in range(_REHEARSALS):
        child.rehearse(conversation, compilers)
    return conversation


def _have_one_thread() -> None:
    """A child of a fork has the forking thread alone: whatever another one held or asked for stays so for ever.

    Asked of the kernel, since threads of libraries in C are in no list of Python's.
    """
    tasks = Path("/proc/self/task")
    if tasks.exists() and len(threads := list(tasks.iterdir())) > 1:
        sys.exit(f"the zygote has {len(threads)} threads and cannot fork safely: something that it imports starts one")


def _forget_standard_streams() -> None:
    """After a good start nothing is left to say, and nobody reads."""
    with Path(os.devnull).open("rb+", buffering=0) as null:
        os.dup2(null.fileno(), 2)
    sys.stdin = sys.stdout = sys.stderr = None
