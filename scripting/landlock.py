"""Landlock around a child: no file, no TCP port, no signal to the outside. Best effort, by the kernel's ABI.

Source: the kernel's documentation of Landlock; the system call numbers are the same on every architecture.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable

from scripting.kernel import LIBC

_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_VERSION_FLAG = 1
# How many rights on files each ABI knows; a kernel refuses rights that it does not know.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NET_SINCE, _ALL_NET = 4, 0b11
_SCOPED_SINCE, _ALL_SCOPED = 6, 0b11


def ruleset() -> int | None:
    """A descriptor of a ruleset that denies every right this kernel knows; None where Landlock is missing or off."""
    version = int(LIBC.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG))
    if version < 1:
        return None
    attributes = _attributes(version)
    descriptor = int(LIBC.syscall(_CREATE_RULESET, ctypes.c_char_p(attributes), ctypes.c_size_t(len(attributes)), 0))
    return descriptor if descriptor >= 0 else None


def restrict(ruleset: int, syscall: Callable[..., int]) -> bool:
    """A domain of its own for this process, for good; no_new_privs has to be set before."""
    return syscall(_RESTRICT_SELF, ruleset, 0) == 0


def _attributes(abi_version: int) -> bytes:
    files = (1 << _FILE_RIGHTS.get(abi_version, 16)) - 1
    net = _ALL_NET if abi_version >= _NET_SINCE else 0
    scoped = _ALL_SCOPED if abi_version >= _SCOPED_SINCE else 0
    # An older kernel accepts a longer struct as long as what it does not know is zero.
    return struct.pack("=QQQ", files, net, scoped)
