"""The worker's side of the zygote: asks it for children, hears of their ends, kills them.

Everything happens on the event loop; the only blocking step is the start of the zygote itself, once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from functools import cached_property
from pathlib import Path
from typing import Any

from scripting.model import Language
from scripting.records import LOST, SIZE, Kind, Record, unpacked

_ROOT = Path(__file__).resolve().parent.parent
# -P keeps the current folder out of the path, -s the user's packages; -I or -E would make Python ignore
# PYTHONHASHSEED without a word.
_BOOT = """
import importlib, sys
sys.path.insert(0, sys.argv.pop(1))
importlib.import_module("scripting.arenas").gather()
importlib.import_module(sys.argv.pop(1)).main()
"""
# Symbols are bound at once: each that a child is the first to call would cost it a search and pages of its own.
ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "LC_ALL": "C.UTF-8", "LD_BIND_NOW": "1"}
_CPU_CLOCK = 2
_NUMBERS = {language: number for number, language in enumerate(Language, 1)}
# A zygote that is told to end does so at once; a stopped one would never.
_PATIENCE_S = 10.0
# A child's socket, and its pidfd where there are any.
_DESCRIPTORS = 2 if sys.platform == "linux" else 1
_ANCILLARY_BYTES = socket.CMSG_SPACE(_DESCRIPTORS * struct.calcsize("i"))
_CLOSE_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
_READ_BYTES = 64 * SIZE
# Members of an enumeration cost more than numbers.
_HELLO, _FORKED, _REFUSED, _EXITED = int(Kind.HELLO), int(Kind.FORKED), int(Kind.REFUSED), int(Kind.EXITED)


class ZygoteLost(Exception):
    """The zygote is gone or cannot fork; its message says why."""


class Child:
    """A child that waits for its program, or runs it. `exited` gives the zygote's last word on it."""

    def __init__(self, zygote: Zygote, record: Record, descriptors: list[int]) -> None:
        self.number = record.number
        self.pid = record.pid
        self.socket = socket.socket(fileno=descriptors[0])
        self.socket.setblocking(False)
        self.exited: asyncio.Future[Record] = asyncio.get_running_loop().create_future()
        self._zygote = zygote
        self._pidfd = descriptors[1] if len(descriptors) > 1 else None

    def kill(self) -> None:
        """SIGKILL, now. Idempotent, and never hits a process that took over the pid."""
        if self.exited.done():
            return
        if self._pidfd is None or sys.platform != "linux":
            self._zygote.kill(self.number)
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def is_alive(self) -> bool:
        """Whether it has not ended yet, even if the zygote has not said so."""
        if self.exited.done():
            return False
        return self._pidfd is None or not select.select([self._pidfd], [], [], 0)[0]

    def cpu_ms(self) -> int:
        """The CPU time that the child has used; 0 once it is gone, or where it cannot be asked."""
        if sys.platform != "linux" or self.exited.done():
            return 0
        try:
            return time.clock_gettime_ns((~self.pid << 3) | _CPU_CLOCK) // 1_000_000
        except OSError:
            return 0

    def grown_bytes(self) -> int:
        """How much more memory than the zygote the child has in use; 0 where it cannot be asked."""
        return max(0, resident_bytes(self.pid) - self._zygote.resident_bytes)

    def release(self) -> None:
        """Closes what the worker holds of the child; idempotent."""
        self.socket.close()
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None


class Zygote:
    """One zygote process and its children."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket) -> None:
        self._process = process
        self._control = control
        self._loop = asyncio.get_running_loop()
        self._outbox = bytearray()
        self._last_number = 0
        self._forks: dict[int, asyncio.Future[Child]] = {}
        self._children: dict[int, Child] = {}
        self._hello: asyncio.Future[None] = self._loop.create_future()
        self.lost: asyncio.Future[None] = self._loop.create_future()

    @classmethod
    async def start(cls, *, entry: str, unsafe: bool) -> Zygote:
        """A zygote that has imported the runtimes. ZygoteLost with what it printed if it cannot."""
        try:
            zygote = _launch(entry, unsafe=unsafe)
        except OSError as error:
            raise ZygoteLost(f"the zygote did not start: {error}") from error
        zygote._loop.add_reader(zygote._control, zygote._hear)
        try:
            await zygote._hello
        except ZygoteLost:
            said = await asyncio.to_thread(zygote._process.communicate)
            await zygote.close()
            raise ZygoteLost(f"the zygote did not start: {said[1].decode(errors='replace').strip()}") from None
        except BaseException:
            await zygote.close()
            raise
        return zygote

    @cached_property
    def resident_bytes(self) -> int:
        """What the zygote itself has in use, and each child begins with."""
        return resident_bytes(self.pid)

    @property
    def pid(self) -> int:
        """The zygote's own process."""
        return self._process.pid

    def fork(self, *, rehearsing: Language | None = None) -> asyncio.Future[Child]:
        """A child, soon, that rehearses a language until it is needed. A canceled future costs nothing.

        The future raises ZygoteLost."""
        self._last_number += 1
        future: asyncio.Future[Child] = self._loop.create_future()
        if self.lost.done():
            _fail(future)
            return future
        self._forks[self._last_number] = future
        self._say(Record(Kind.FORK, self._last_number, status=0 if rehearsing is None else _NUMBERS[rehearsing]))
        return future

    def kill(self, number: int) -> None:
        """Kills a child by way of the zygote, where the system has no pidfds."""
        self._say(Record(Kind.KILL, number))

    async def close(self) -> None:
        """Ends the zygote, which ends and reaps its children; returns when it is reaped itself."""
        if not self.lost.done():
            # Only our half: the zygote still tells how its children ended.
            self._control.shutdown(socket.SHUT_WR)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await asyncio.shield(self.lost)
        except TimeoutError:
            self._process.kill()
        finally:
            self._lose()
        await asyncio.to_thread(self._process.wait)
        if self._process.stderr is not None:
            self._process.stderr.close()

    def _say(self, record: Record) -> None:
        if not self.lost.done():
            self._outbox += record.pack()
            self._flush()

    def _flush(self) -> None:
        try:
            del self._outbox[: self._control.send(self._outbox)]
        except BlockingIOError:
            self._loop.add_writer(self._control, self._flush)
            return
        except OSError:
            self._lose()
            return
        if self._outbox:
            self._loop.add_writer(self._control, self._flush)
        else:
            self._loop.remove_writer(self._control)

    def _hear(self) -> None:
        try:
            data, ancillary, _, _ = self._control.recvmsg(_READ_BYTES, _ANCILLARY_BYTES, _CLOSE_ON_EXEC)
        except BlockingIOError:
            return
        except OSError:
            data, ancillary = b"", []
        if not data or len(data) % SIZE:
            self._lose()
            return
        # A read ends behind the first record that has descriptors, so they are that one's.
        descriptors = [each for _, _, some in ancillary for (each,) in struct.iter_unpack("i", some)]
        for record in unpacked(data):
            self._handle(record, descriptors)

    def _handle(self, record: Record, descriptors: list[int]) -> None:
        kind = record.kind
        if kind == _EXITED:
            child = self._children.pop(record.number, None)
            if child is not None:
                child.exited.set_result(record)
        elif kind == _FORKED:
            self._born(record, descriptors)
        elif kind == _REFUSED:
            _fail(self._forks.pop(record.number), f"the zygote cannot fork: {os.strerror(record.status)}")
        elif kind == _HELLO:
            # A start that was cancelled hears it as well: the zygote says it before it hears that it is to end.
            if not self._hello.done():
                self._hello.set_result(None)
        else:
            self._lose()

    def _born(self, record: Record, descriptors: list[int]) -> None:
        future = self._forks.pop(record.number)
        if len(descriptors) < _DESCRIPTORS:
            # The kernel drops what finds no room; the child ends by itself when its socket closes.
            for descriptor in descriptors:
                os.close(descriptor)
            _fail(future, "this process has too many open files for another child")
            return
        child = self._children[record.number] = Child(self, record, descriptors)
        if future.done():
            child.kill()
            child.release()
        else:
            future.set_result(child)

    def _lose(self) -> None:
        if self.lost.done():
            return
        self.lost.set_result(None)
        self._loop.remove_reader(self._control)
        self._loop.remove_writer(self._control)
        self._control.close()
        _fail(self._hello)
        for future in self._forks.values():
            _fail(future)
        for child in self._children.values():
            # They die with the zygote; nobody is left to say how, so it is said here.
            child.exited.set_result(Record(Kind.EXITED, child.number, child.pid, status=LOST))
        self._forks.clear()
        self._children.clear()


def resident_bytes(pid: int) -> int:
    """The memory that a process has in use; 0 once it is gone, or where there is no /proc."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * resource.getpagesize()


def _fail(future: asyncio.Future[Any], reason: str = "the zygote is gone") -> None:
    if not future.done():
        future.set_exception(ZygoteLost(reason))
        # Marks it as seen: nobody may be waiting for it.
        future.exception()


def command(entry: str, control: socket.socket, *, unsafe: bool) -> list[str]:
    """What starts a zygote of this process, in the environment ENVIRONMENT and with the control socket passed on."""
    arguments = [str(_ROOT), entry, str(control.fileno()), str(os.getpid()), "unsafe" if unsafe else "safe"]
    return [sys.executable, "-P", "-s", "-c", _BOOT, *arguments]


def _launch(entry: str, *, unsafe: bool) -> Zygote:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        process = subprocess.Popen(
            command(entry, theirs, unsafe=unsafe),
            env=ENVIRONMENT,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    return Zygote(process, ours)
