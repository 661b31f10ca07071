"""The zygote's memory, made cheap to fork: what is left is little, and children do not write to it.

A fork copies the page tables of all that its process holds, and its child copies each page that it is the first to
write to. Most of those were written to for nothing but a reference count. Since CPython 3.12 an object whose count
has one certain value is never counted and never freed: None and its like, and here all that lives before the first
fork (docs/decisions.md).
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator, Sequence
from types import CodeType

from scripting.kernel import LIBC

# Without the interpreter's lock counts look otherwise; before 3.12 all objects are counted.
UNCOUNTED = (
    sys.implementation.name == "cpython"
    and sys.version_info >= (3, 12)
    and sys.byteorder == "little"
    and sys.maxsize > 2**32
    and "t" not in sys.abiflags
)
# An object begins with its count, of which these 32 bits tell.
_count = ctypes.c_uint32.from_address


def share() -> None:
    """Prepares all that lives now for children: it will not be freed, counted or looked at by the collector."""
    gc.collect()
    if UNCOUNTED:
        _leave_uncounted()
    tidy()


def tidy() -> None:
    """Gives free memory back and hides what lives now from the collector, which would write to all of it."""
    gc.collect()
    # Only glibc has it.
    if trim := getattr(LIBC, "malloc_trim", None):
        trim(0)
    gc.freeze()


def _leave_uncounted() -> None:
    uncounted = _count(id(None)).value
    found: Sequence[object] = gc.get_objects()
    while found:
        for each in found:
            _count(id(each)).value = uncounted
        found = [each for each in _referents(found) if _count(id(each)).value != uncounted]


def _referents(objects: Sequence[object]) -> Iterator[object]:
    yield from gc.get_referents(*objects)
    # The collector does not look into code: it holds nothing that could refer back to it.
    for code in (each for each in objects if type(each) is CodeType):
        yield from (code.co_consts, code.co_names, code.co_name, code.co_qualname, code.co_filename)
        yield from (code.co_linetable, code.co_exceptiontable)
