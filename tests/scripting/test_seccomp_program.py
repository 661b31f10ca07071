"""What the seccomp program (scripting/seccomp.py) says about each call, asked of an interpreter of its instructions."""

from __future__ import annotations

import errno
import struct

import pytest

from scripting import seccomp

_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EACCES
_SOCKET = 3
_FREE = {"brk", "clock_gettime", "exit", "exit_group", "gettimeofday", "madvise", "mremap", "munmap"}
_PATHS = {"open", "stat", "lstat", "openat", "newfstatat"}
_FUTEX = {0, 1, 9, 10, 128, 129, 137, 138, 265, 393}


def said(program: bytes, *, arch: int, number: int, args: tuple[int, ...] = ()) -> int:
    """The program's verdict, as the kernel would reach it: each jump goes forward, and one instruction returns."""
    data = struct.pack("<IIQ6Q", number, arch, 0, *args, *[0] * (6 - len(args)))
    place, word = 0, 0
    while True:
        code, yes, no, value = struct.unpack_from("<HBBI", program, place * 8)
        place += 1
        match code:
            case 0x20:
                (word,) = struct.unpack_from("<I", data, value)
            case 0x06:
                return int(value)
            case 0x15 | 0x25 | 0x45:
                holds = {0x15: word == value, 0x25: word > value, 0x45: bool(word & value)}[code]
                place += yes if holds else no
            case _:
                raise AssertionError(f"instruction {code:#x}")


def expected(name: str, args: tuple[int, ...]) -> int:
    """What the list in docs/security.md means for a call."""
    first, second, third, *_ = args
    if name in _PATHS:
        return _REFUSE
    allowed = (
        name in _FREE
        or (name in {"read", "write"} and first == _SOCKET)
        or (name in {"mmap", "mprotect"} and not third & 4)
        or (name == "futex" and second in _FUTEX)
    )
    return _ALLOW if allowed else _KILL


@pytest.mark.parametrize("architecture", sorted(seccomp.MACHINES))
def test_each_call_has_its_verdict(architecture: str) -> None:
    """Every number below 1,000, with arguments of all kinds: what is not on the list is killed."""
    machine = seccomp.MACHINES[architecture]
    program = seccomp.program(machine, socket_fd=_SOCKET)
    names = {number: name for name, number in machine.numbers.items()}
    values = (0, 1, 2, 3, 4, 5, 7, 8, 11, 2**31, 2**32 - 1)
    for number in range(1000):
        for first, second, third in [
            (each, other, third) for each in values for other in values for third in (0, 3, 4, 7)
        ]:
            args = (first, second, third)
            assert said(program, arch=machine.audit, number=number, args=args) == expected(names.get(number, ""), args)
            if number not in names:
                break
    for operation in range(1024):
        args = (0, operation, 0)
        verdict = said(program, arch=machine.audit, number=machine.numbers["futex"], args=args)
        assert verdict == expected("futex", args)


@pytest.mark.parametrize("architecture", sorted(seccomp.MACHINES))
def test_other_architectures_and_x32_are_killed(architecture: str) -> None:
    """Whatever the number: under another architecture's, or with the bit of x32, it is another call."""
    machine = seccomp.MACHINES[architecture]
    program = seccomp.program(machine, socket_fd=_SOCKET)
    for number in range(1000):
        assert said(program, arch=machine.audit ^ 1, number=number) == _KILL
        assert said(program, arch=0x40000003, number=number) == _KILL
        assert said(program, arch=machine.audit, number=number | 0x40000000) == _KILL
