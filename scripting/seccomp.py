"""The positive list of system calls of a locked child, as a seccomp-BPF program. Anything else kills it.

A locked child reads and writes its one socket, asks for memory that is never executable, and ends. It
opens nothing (trying is refused), starts nothing, connects to nothing, changes no signal and no limit.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_KILL_PROCESS, _ALLOW, _FAIL_WITH = 0x80000000, 0x7FFF0000, 0x00050000
_PROT_EXEC = 0x4
# WAIT, WAKE and their BITSET forms, each private or not; the rest of futex is attack surface.
_FUTEX_OPERATIONS = (0, 1, 9, 10, 128, 129, 137, 138, 265, 393)

# Where struct seccomp_data has what is looked at; both architectures are little-endian.
_NR, _ARCH, _ARG0, _ARG1, _ARG2 = 0, 4, 16, 24, 32
_LOAD_WORD, _JUMP_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06


@dataclass(frozen=True, slots=True)
class Machine:
    """An architecture: its audit code and the numbers of the calls on the list."""

    audit: int
    numbers: Mapping[str, int]


# Source: arch/x86/entry/syscalls/syscall_64.tbl, and include/uapi/asm-generic/unistd.h, which arm64 uses.
MACHINES: Mapping[str, Machine] = {
    "x86_64": Machine(
        audit=0xC000003E,
        numbers={
            "read": 0,
            "write": 1,
            "mmap": 9,
            "mprotect": 10,
            "munmap": 11,
            "brk": 12,
            "mremap": 25,
            "madvise": 28,
            "exit": 60,
            "gettimeofday": 96,
            "futex": 202,
            "clock_gettime": 228,
            "exit_group": 231,
            "open": 2,
            "stat": 4,
            "lstat": 6,
            "openat": 257,
            "newfstatat": 262,
        },
    ),
    "aarch64": Machine(
        audit=0xC00000B7,
        numbers={
            "read": 63,
            "write": 64,
            "exit": 93,
            "exit_group": 94,
            "futex": 98,
            "clock_gettime": 113,
            "gettimeofday": 169,
            "brk": 214,
            "munmap": 215,
            "mremap": 216,
            "mmap": 222,
            "mprotect": 226,
            "madvise": 233,
            "openat": 56,
            "newfstatat": 79,
        },
    ),
}

# The clock is asked through the vDSO, which no filter sees; some clock sources fall back to the call.
_FREE = ("brk", "clock_gettime", "exit", "exit_group", "gettimeofday", "madvise", "mremap", "munmap")
_ON_SOCKET = ("read", "write")
# CPython looks for the source when it words a syntax error or a traceback; it takes no for an answer.
_REFUSED = ("open", "stat", "lstat", "openat", "newfstatat")
_NOT_EXECUTABLE = ("mmap", "mprotect")


class SeccompUnavailable(Exception):
    """The filter cannot be built or installed here."""


def machine() -> Machine:
    """This machine's table; SeccompUnavailable on any other system or architecture, or in 32 bits."""
    found = MACHINES.get(platform.machine())
    if sys.platform != "linux" or found is None or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise SeccompUnavailable(f"no seccomp table for {sys.platform} on {platform.machine()}")
    return found


def program(machine: Machine, *, socket_fd: int) -> bytes:
    """The filter: an array of struct sock_filter. `socket_fd` is the only descriptor to read and write."""
    code = [
        _load(_ARCH),
        _jump(_JUMP_EQUAL, machine.audit, yes=1, no=0),
        _return(_KILL_PROCESS),
        _load(_NR),
    ]
    # Numbers are compared for equality, so the x32 calls of x86-64 (bit 30 set) fall through to the end.
    for name in _FREE:
        code += _if_call(machine.numbers[name], [_return(_ALLOW)])
    for name in _ON_SOCKET:
        code += _if_call(machine.numbers[name], _allow_values(_ARG0, (socket_fd,)))
    for name in _NOT_EXECUTABLE:
        code += _if_call(machine.numbers[name], _forbid_bits(_ARG2, _PROT_EXEC))
    for name in machine.numbers.keys() & _REFUSED:
        code += _if_call(machine.numbers[name], [_return(_FAIL_WITH | errno.EACCES)])
    code += _if_call(machine.numbers["futex"], _allow_values(_ARG1, _FUTEX_OPERATIONS))
    code.append(_return(_KILL_PROCESS))
    return b"".join(code)


class Filter:
    """A program where the kernel finds it: an array of struct sock_filter, and the struct sock_fprog before it."""

    def __init__(self, program: bytes) -> None:
        self._instructions = ctypes.create_string_buffer(program, len(program))
        fields = struct.pack("@HxxxxxxQ", len(program) // 8, ctypes.addressof(self._instructions))
        self.header = ctypes.create_string_buffer(fields, len(fields))


def install(filter_program: Filter | None, prctl: Callable[..., int]) -> None:
    """Locks this process for good; no_new_privs has to be set before. None stands for no table here."""
    if filter_program is None:
        raise SeccompUnavailable("no seccomp table for this machine")
    if prctl(_PR_SET_SECCOMP, _MODE_FILTER, filter_program.header, 0, 0) != 0:
        raise SeccompUnavailable("the kernel refused the seccomp filter")


def _if_call(number: int, then: Sequence[bytes]) -> list[bytes]:
    return [_jump(_JUMP_EQUAL, number, yes=0, no=len(then)), *then]


def _allow_values(argument: int, allowed: Sequence[int]) -> list[bytes]:
    # The kernel takes these arguments as 32 bits, so the low word is the whole truth.
    code = [_load(argument)]
    for value in allowed:
        code += [_jump(_JUMP_EQUAL, value, yes=0, no=1), _return(_ALLOW)]
    return [*code, _return(_KILL_PROCESS)]


def _forbid_bits(argument: int, bits: int) -> list[bytes]:
    return [
        _load(argument),
        _jump(_JUMP_ANY_BIT, bits, yes=0, no=1),
        _return(_KILL_PROCESS),
        _return(_ALLOW),
    ]


def _load(offset: int) -> bytes:
    return struct.pack("<HBBI", _LOAD_WORD, 0, 0, offset)


def _jump(code: int, value: int, *, yes: int, no: int) -> bytes:
    return struct.pack("<HBBI", code, yes, no, value)


def _return(action: int) -> bytes:
    return struct.pack("<HBBI", _RETURN, 0, 0, action)
