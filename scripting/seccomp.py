"""The positive list of system calls of a locked child, as a seccomp-BPF program. Anything else kills it.

A locked child reads and writes its one socket, asks for memory that is never executable, and ends. It
opens nothing (trying is refused), starts nothing, connects to nothing, changes no signal and no limit. The kernel
compiles the program for each child, so it is short.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_KILL_PROCESS, _ALLOW, _FAIL_WITH = 0x80000000, 0x7FFF0000, 0x00050000
_PROT_EXEC = 0x4
# WAIT, WAKE and their BITSET forms, each private or not; the rest of futex is attack surface.
_FUTEX_OPERATIONS = (0, 1, 9, 10, 128, 129, 137, 138, 265, 393)

# Where struct seccomp_data has what is looked at; both architectures are little-endian.
_NR, _ARCH, _ARG0, _ARG1, _ARG2 = 0, 4, 16, 24, 32
_LOAD_WORD, _JUMP_EQUAL, _JUMP_ABOVE, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06


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
    numbers = machine.numbers
    return _assemble(
        [
            _Step(_LOAD_WORD, _ARCH),
            _Step(_JUMP_EQUAL, machine.audit, no="kill"),
            _Step(_LOAD_WORD, _NR),
            # Half of all calls. Also the x32 calls of x86-64, which have bit 30 set.
            _Step(_JUMP_ABOVE, max(numbers.values()), yes="kill"),
            *_jumps((numbers[name] for name in _FREE), "allow"),
            *_jumps((numbers[name] for name in _REFUSED if name in numbers), "refuse"),
            *_jumps((numbers[name] for name in _ON_SOCKET), "socket"),
            *_jumps((numbers[name] for name in _NOT_EXECUTABLE), "memory"),
            _Step(_JUMP_EQUAL, numbers["futex"], no="kill"),
            # The kernel takes these arguments as 32 bits, so the low word is the whole truth.
            _Step(_LOAD_WORD, _ARG1),
            *_jumps(_FUTEX_OPERATIONS, "allow"),
            _Step(_RETURN, _KILL_PROCESS),
            _Step(_LOAD_WORD, _ARG0, label="socket"),
            _Step(_JUMP_EQUAL, socket_fd, yes="allow", no="kill"),
            _Step(_LOAD_WORD, _ARG2, label="memory"),
            _Step(_JUMP_ANY_BIT, _PROT_EXEC, yes="kill", no="allow"),
            _Step(_RETURN, _ALLOW, label="allow"),
            _Step(_RETURN, _FAIL_WITH | errno.EACCES, label="refuse"),
            _Step(_RETURN, _KILL_PROCESS, label="kill"),
        ]
    )


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


@dataclass(frozen=True, slots=True)
class _Step:
    """One instruction; jumps go to the step with that label, or to the next one."""

    code: int
    value: int
    yes: str = ""
    no: str = ""
    label: str = ""


def _jumps(values: Iterable[int], target: str) -> list[_Step]:
    return [_Step(_JUMP_EQUAL, value, yes=target) for value in values]


def _assemble(steps: Sequence[_Step]) -> bytes:
    places = {step.label: place for place, step in enumerate(steps) if step.label}
    code = bytearray()
    for place, step in enumerate(steps):
        yes, no = (places[label] - place - 1 if label else 0 for label in (step.yes, step.no))
        code += struct.pack("<HBBI", step.code, yes, no, step.value)
    return bytes(code)
