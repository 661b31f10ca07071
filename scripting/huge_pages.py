"""Huge pages of what a process has in use: a fork handles one as it handles a small one (docs/decisions.md)."""

from __future__ import annotations

import ctypes
from pathlib import Path

from scripting.kernel import LIBC

HUGE_BYTES = 2 * 1024 * 1024
MADV_COLLAPSE = 25


def collapse() -> None:
    """Of all whole ranges of 2 MiB that are written to and of no file, where the kernel does that."""
    if not (maps := Path("/proc/self/maps")).exists():
        return
    for mapping in maps.read_text(encoding="utf-8").splitlines():
        span, access, _, _, inode, *_ = mapping.split()
        begin, end = (int(each, 16) for each in span.split("-"))
        if access == "rw-p" and inode == "0":
            # Before Linux 6.1 it is refused.
            LIBC.madvise(ctypes.c_size_t(begin), ctypes.c_size_t(end - begin), MADV_COLLAPSE)
