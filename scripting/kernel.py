"""The calls into the kernel by which a child locks itself up, as values: a rehearsal has others in their place.

They are functions of C, held by one object: a child touches that and the function, and not a module, its dictionary,
the name and the interpreter's cache of lookups, each with a page of its own.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import ctypes
import os
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

# Calls through PyDLL keep the interpreter's lock, which the child of a fork has to have.
LIBC = ctypes.PyDLL(None)
LINUX = sys.platform == "linux"
_Call = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Kernel:
    """Each as os, resource, signal or the C library has it. The C library's answer -1 where they fail."""

    geteuid: _Call
    getpid: _Call
    getppid: _Call
    setgroups: _Call
    setresgid: _Call
    setresuid: _Call
    dup2: _Call
    closerange: _Call
    setrlimit: _Call
    setitimer: _Call
    # The module `signal` makes enumerations of numbers and numbers of those: 100 pages for a child to copy.
    signal: _Call
    set_wakeup_fd: _Call
    prctl: _Call
    syscall: _Call


def _absent(*_arguments: object) -> int:
    raise OSError("this system has no such call")


def _nothing(*_arguments: object) -> int:
    return 0


REAL = Kernel(
    geteuid=os.geteuid,
    getpid=os.getpid,
    getppid=os.getppid,
    setgroups=os.setgroups,
    setresgid=getattr(os, "setresgid", _absent),
    setresuid=getattr(os, "setresuid", _absent),
    dup2=os.dup2,
    closerange=os.closerange,
    setrlimit=resource.setrlimit,
    setitimer=_signal.setitimer,
    signal=_signal.signal,
    set_wakeup_fd=_signal.set_wakeup_fd,
    prctl=LIBC.prctl if LINUX else _absent,
    syscall=LIBC.syscall,
)
# Root, whose parent is process 0, where every call goes well and does nothing.
IDLE = Kernel(**{field.name: _nothing for field in fields(Kernel)})
