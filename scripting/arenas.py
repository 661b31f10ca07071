"""Where the zygote's memory lies: in one piece, of which the kernel makes huge pages (huge_pages.py).

CPython asks for its memory in arenas of 1 MiB, each a mapping of its own between those of libraries, where next to
nothing is a whole aligned range of 2 MiB. From the heap of the C library they come one after the other. A fork and
the end of its child then handle a range at once, and what was split up since, because somebody wrote to a part of it,
in batches (docs/decisions.md). A child's own arenas are mappings as ever, which it can give back.
"""

from __future__ import annotations

import ctypes

# What lives before `gather` lies elsewhere, so nothing but ctypes is imported. Calls keep the interpreter's lock: see
# kernel.py.
_LIBC, _PYTHON = ctypes.PyDLL(None), ctypes.pythonapi
# The most that glibc takes, and what it begins with.
_MMAP_THRESHOLD, _MOST, _USUAL = -3, 32 * 1024 * 1024, 128 * 1024
# CPython leaves a pool of an arena unused that does not begin where a pool may.
_POOL_BYTES = 16 * 1024
_POOL_HEAD_BYTES = 48
# Objects of these sizes come from pools, each pool of one size.
_SIZES = range(16, 513, 16)
_SOUGHT_BYTES = 1024 * 1024
_malloc = ctypes.PYFUNCTYPE(ctypes.c_size_t, ctypes.c_size_t)(("PyObject_Malloc", _PYTHON))
_free = ctypes.PYFUNCTYPE(None, ctypes.c_size_t)(("PyObject_Free", _PYTHON))


class _Allocator(ctypes.Structure):
    """PyObjectArenaAllocator."""

    _fields_ = (("context", ctypes.c_size_t), ("alloc", ctypes.c_void_p), ("free", ctypes.c_void_p))


_usual = _Allocator()


def gather() -> None:
    """From here on all memory comes from one heap, until `settle`. Only with glibc, and best first of all."""
    if not hasattr(_LIBC, "mallopt"):
        return
    _LIBC.mallopt(_MMAP_THRESHOLD, _MOST)
    _PYTHON.PyObject_GetArenaAllocator(ctypes.byref(_usual))
    # CPython calls `alloc(context, size)`, as if made for it. `free` stays: unmapping a part of the heap is as good.
    one_heap = _Allocator(_POOL_BYTES, ctypes.cast(_LIBC.aligned_alloc, ctypes.c_void_p), _usual.free)
    _PYTHON.PyObject_SetArenaAllocator(ctypes.byref(one_heap))


def begin_afresh() -> None:
    """Later objects of a size lie beside each other, not in gaps on a page each: takes all gaps, for good."""
    for size in _SIZES:
        # Other allocators, as of builds for debugging, begin no pool in such a way; they lose as much memory at most.
        for _ in range(_SOUGHT_BYTES // size):
            block = _malloc(size)
            if block % _POOL_BYTES == _POOL_HEAD_BYTES:
                _free(block)
                break


def settle() -> None:
    """From here on memory comes from where it usually does."""
    if _usual.alloc:
        _LIBC.mallopt(_MMAP_THRESHOLD, _USUAL)
        _PYTHON.PyObject_SetArenaAllocator(ctypes.byref(_usual))
