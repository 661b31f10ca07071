"""The code of large libraries as memory of this process: a fork hands that on, and not the pages of a file.

A child finds a file's pages by a fault for each 64 KiB: 40 of 180 faults of a script in Python and 70 of 270 in
JavaScript were for code of these libraries. A private copy in huge pages costs a fork next to nothing
(docs/decisions.md). It may what the file might: be read and executed, but not written.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path

from scripting.huge_pages import HUGE_BYTES, MADV_COLLAPSE
from scripting.kernel import LIBC

# Smaller ones are hardly asked for, and a mapping of a file is the cheaper one to fork.
_LARGE_BYTES = 512 * 1024
_READ, _WRITE, _EXECUTE = 1, 2, 4
_PRIVATE_ANONYMOUS = 0x22
_NO_FILE = 2**32 - 1
_MOVE_TO = 0x1 | 0x2
_FAILED = ctypes.c_size_t(-1).value


@dataclass(frozen=True, slots=True)
class _Span:
    """A range of addresses."""

    begin: int
    bytes: int


def adopt() -> None:
    """Puts copies in the place of the files, before the first fork. Only for a process of one thread.

    Nothing changes where the kernel has no huge pages to give, or nobody may execute what he wrote.
    """
    codes = _large_codes()
    area = _reserved(sum(code.bytes for code in codes)) if codes else None
    if area is None:
        return
    place = area.begin
    for code in codes:
        ctypes.memmove(place, code.begin, code.bytes)
        place += code.bytes
    if (
        _call("madvise", area.begin, area.bytes, MADV_COLLAPSE)
        == _call("mprotect", area.begin, area.bytes, _READ | _EXECUTE)
        == 0
    ):
        _replace(codes, area)
    # What has moved is not there any more.
    _call("munmap", area.begin, area.bytes)


def _replace(codes: list[_Span], area: _Span) -> None:
    place = area.begin
    for code in codes:
        # One step for the kernel, so this very code may be among it: it goes on in its copy.
        _call("mremap", place, code.bytes, code.bytes, _MOVE_TO, code.begin)
        place += code.bytes


def _large_codes() -> list[_Span]:
    if not (maps := Path("/proc/self/maps")).exists():
        return []
    codes = []
    for mapping in maps.read_text(encoding="utf-8").splitlines():
        span, access, _, _, inode, *_ = mapping.split()
        begin, end = (int(each, 16) for each in span.split("-"))
        if access == "r-xp" and inode != "0" and end - begin >= _LARGE_BYTES:
            codes.append(_Span(begin, end - begin))
    return codes


def _reserved(size: int) -> _Span | None:
    """Memory for so many bytes, as whole huge pages; None if there is none."""
    size = -(-size // HUGE_BYTES) * HUGE_BYTES
    begin = _call("mmap", 0, size + HUGE_BYTES, _READ | _WRITE, _PRIVATE_ANONYMOUS, _NO_FILE, 0)
    if begin == _FAILED:
        return None
    before = -begin % HUGE_BYTES
    if before:
        _call("munmap", begin, before)
    _call("munmap", begin + before + size, HUGE_BYTES - before)
    return _Span(begin + before, size)


def _call(name: str, *arguments: int) -> int:
    """A function of the C library, whose arguments and answer are as wide as an address."""
    function = LIBC[name]
    function.restype = ctypes.c_size_t
    return int(function(*map(ctypes.c_size_t, arguments)))
