"""Landlock around a child: no file, no TCP port, no signal to the outside. Best effort, by the kernel's ABI.

Source: the kernel's documentation of Landlock; the system call numbers are the same on every architecture.
"""

from __future__ import annotations

import ctypes
import os
import struct

_LIBC = ctypes.CDLL(None, use_errno=True)
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_VERSION_FLAG = 1
# How many rights on files each ABI knows; a kernel refuses rights that it does not know.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NET_SINCE, _ALL_NET = 4, 0b11
_SCOPED_SINCE, _ALL_SCOPED = 6, 0b11


def abi() -> int:
    """The kernel's Landlock ABI, or 0 where there is none."""
    return max(0, int(_LIBC.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)))


def restrict(abi_version: int) -> bool:
    """Denies every right that this ABI knows, for good; False where Landlock is missing or off."""
    if abi_version < 1:
        return False
    attributes = _ruleset(abi_version)
    ruleset = _LIBC.syscall(_CREATE_RULESET, ctypes.c_char_p(attributes), ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return False
    try:
        return bool(_LIBC.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _ruleset(abi_version: int) -> bytes:
    files = (1 << _FILE_RIGHTS.get(abi_version, 16)) - 1
    net = _ALL_NET if abi_version >= _NET_SINCE else 0
    scoped = _ALL_SCOPED if abi_version >= _SCOPED_SINCE else 0
    # An older kernel accepts a longer struct as long as what it does not know is zero.
    return struct.pack("=QQQ", files, net, scoped)
