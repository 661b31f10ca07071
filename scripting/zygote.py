"""The process that forks children: started once by each worker, with an empty environment and one socket.

It imports the runtimes once, so a fork is all that a child costs, and it owns the children: it reaps
them, and they die when it dies. It never sees a script, a secret or a connection. Forking here, and never
in the asyncio process, keeps the worker's memory out of the children.

What it says and hears is in records.py. Each fork makes all of its pages shared, so it copies those that it touches
before the next one: the loop keeps to plain numbers and to functions of C. Each library that it loads, as
`socket` loads one, is five mappings for each fork.
"""

from __future__ import annotations

import _socket
import gc
import operator
import os
import resource
import select
import signal
import struct
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripting import arenas, child, heap, huge_pages, library_code, protocol, rehearsal
from scripting.limits import Lock, die_first, die_with_parent, fork
from scripting.model import Language
from scripting.records import LAYOUT, SIZE, Kind, Record

# CPython 3.11 specializes a function in its eighth run, and what failed to be is tried again some runs later.
_REHEARSALS = 16


# Members of an enumeration cost more than numbers.
_FORK, _KILL = int(Kind.FORK), int(Kind.KILL)
_FORKED, _REFUSED, _EXITED = int(Kind.FORKED), int(Kind.REFUSED), int(Kind.EXITED)
_LINUX = sys.platform == "linux"
_READ_BYTES = 64 * SIZE


class Zygote:
    """Serves one control socket until it closes."""

    def __init__(
        self, control: _socket.socket, compilers: child.Compilers, lock: Lock, rehearsals: Sequence[bytes]
    ) -> None:
        self._control = control
        self._control_fd = control.fileno()
        self._rehearsals = rehearsals
        self._compilers = compilers
        self._lock = lock
        self._numbers: dict[int, int] = {}
        self._wake_fd, self._waker_fd = os.pipe()
        self._poll = select.poll()
        self._pid = os.getpid()
        self._unread = b""

    def serve(self) -> None:
        """Forks, kills and reaps as told; on return no child is left."""
        self._watch_children()
        self._send(Record(Kind.HELLO).pack())
        while self._serve_once():
            self._reap()
        self._end_children()

    def _watch_children(self) -> None:
        for end in (self._wake_fd, self._waker_fd):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._waker_fd, warn_on_full_buffer=False)
        # The descriptor says it all; a function of C costs less than a lambda to call.
        signal.signal(signal.SIGCHLD, operator.is_)
        self._poll.register(self._wake_fd, select.POLLIN)
        self._poll.register(self._control_fd, select.POLLIN)

    def _serve_once(self) -> bool:
        for descriptor, _ in self._poll.poll():
            if descriptor == self._wake_fd:
                os.read(self._wake_fd, _READ_BYTES)
            elif not self._hear():
                return False
        return True

    def _hear(self) -> bool:
        try:
            data = os.read(self._control_fd, _READ_BYTES)
        except ConnectionResetError:  # the worker is gone and had not read everything
            return False
        whole = self._unread + data
        end = len(whole) - len(whole) % SIZE
        self._unread = whole[end:]
        for kind, number, _, status, _, _ in LAYOUT.iter_unpack(whole[:end]):
            self._obey(kind, number, status)
        return bool(data)

    def _obey(self, kind: int, number: int, status: int) -> None:
        if kind == _FORK:
            self._fork(number, self._rehearsals[status])
        elif kind == _KILL:
            self._kill(number)
        else:
            raise ValueError(f"a worker does not send {Kind(kind).name}")

    def _fork(self, number: int, rehearsal: bytes) -> None:
        try:
            ours, theirs = (end.detach() for end in _socket.socketpair())
        except OSError as error:
            self._refuse(number, error)
            return
        try:
            pid = fork()
            if pid == 0:
                lock, compilers = self._lock, self._compilers
                child.main(theirs, parent=self._pid, lock=lock, compilers=compilers, rehearsal=rehearsal)
            self._numbers[pid] = number
            self._announce(number, pid, ours)
        except OSError as error:
            self._refuse(number, error)
        finally:
            os.close(ours)
            os.close(theirs)

    def _refuse(self, number: int, error: OSError) -> None:
        self._send(LAYOUT.pack(_REFUSED, number, 0, error.errno or 0, 0, 0))

    def _announce(self, number: int, pid: int, channel: int) -> None:
        record = LAYOUT.pack(_FORKED, number, pid, 0, 0, 0)
        if not _LINUX:
            self._send(record, struct.pack("i", channel))
            return
        # The child cannot have been reaped yet, so the pid is still its own.
        pidfd = os.pidfd_open(pid)
        self._send(record, struct.pack("ii", channel, pidfd))
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
            self._tell_end(pid, status, usage)

    def _tell_end(self, pid: int, status: int, usage: resource.struct_rusage) -> None:
        cpu_us = int((usage.ru_utime + usage.ru_stime) * 1_000_000)
        self._send(LAYOUT.pack(_EXITED, self._numbers.pop(pid), pid, status, cpu_us, usage.ru_maxrss))

    def _send(self, record: bytes, descriptors: bytes = b"") -> None:
        rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, descriptors)] if descriptors else []
        try:
            self._control.sendmsg([record], rights)
        except (BrokenPipeError, ConnectionResetError):  # a worker that is gone is noticed by the read
            return

    def _end_children(self) -> None:
        for pid in self._numbers:
            os.kill(pid, signal.SIGKILL)
        while self._numbers:
            self._tell_end(*os.wait4(-1, 0))


def main(runtimes: Mapping[Language, str] = child.RUNTIMES) -> None:
    """The zygote's whole life. Arguments: the control socket's descriptor, the worker's pid, safe or unsafe."""
    control_fd, parent, safety = sys.argv[1:]
    die_with_parent(int(parent))
    die_first()
    control = _socket.socket(fileno=int(control_fd))
    os.set_inheritable(control.fileno(), False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    compilers = child.load_compilers(runtimes)
    rehearsals = [_rehearsed(language, compilers) for language in Language]
    _have_one_thread()
    lock = Lock.prepare(unsafe=safety == "unsafe")
    lock.bequeath()
    lock.rehearse(_REHEARSALS)
    _forget_standard_streams()
    zygote = Zygote(control, compilers, lock, [b"", *rehearsals])
    heap.share()
    # After that: what a child uses up, it frees.
    arenas.begin_afresh()
    child.stock(runtimes)
    heap.tidy()
    arenas.settle()
    huge_pages.collapse()
    library_code.adopt()
    gc.disable()
    zygote.serve()


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
