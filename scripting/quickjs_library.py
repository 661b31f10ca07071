"""What QuickJS can and its binding for Python does not pass on: sources that are parsed once, and a patient collector.

The library writes what it compiled as bytecode and reads it again. It exports the functions for that, and a context of
the binding holds the engine's own. Bytecode of somebody else could do anything to the process: nothing is read here
that this process did not write, and a child that runs scripts reads only what it wrote for itself.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import partial
from typing import Any

import _quickjs as quickjs

Function = Callable[..., Any]
Load = Callable[[quickjs.Context], Function]

# The build whose layout is known; in any other one each engine parses for itself.
_VERSION, _OWN_BYTES = b"0.17.0", 64
_PLACE = b"__loaded"
# An engine's stubs take 330 KiB, and the collector writes to each object: a short script is over before it would have
# found anything. QuickJS itself begins at 256 KiB.
_COLLECT_BYTES = 1024 * 1024
_COMPILE_ONLY = 1 << 5
_BYTECODE = 1
_EXCEPTION = 6
_NO_ROOM = "there is no room for a program of JavaScript"


class _Value(ctypes.Structure):
    _fields_ = (("payload", ctypes.c_uint64), ("tag", ctypes.c_int64))


class _Library:
    """Functions of C. PyDLL keeps the interpreter's lock: none of them calls into Python."""

    def __init__(self) -> None:
        library = ctypes.PyDLL(quickjs.__file__)
        pointer, text, size, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int

        def function(name: str, result: Any, *arguments: Any) -> Function:
            found = library[name]
            found.restype, found.argtypes = result, arguments
            return found

        self.version = function("JS_GetVersion", text)
        self.runtime_of = function("JS_GetRuntime", pointer, pointer)
        self.opaque = function("JS_GetRuntimeOpaque", pointer, pointer)
        self.eval = function("JS_Eval", _Value, pointer, text, size, text, number)
        self.write = function("JS_WriteObject", pointer, pointer, ctypes.POINTER(size), _Value, number)
        self.read = function("JS_ReadObject", _Value, pointer, text, size, number)
        self.run = function("JS_EvalFunction", _Value, pointer, _Value)
        self.globals = function("JS_GetGlobalObject", _Value, pointer)
        self.put = function("JS_SetPropertyStr", number, pointer, _Value, text, _Value)
        self.atom = function("JS_NewAtom", ctypes.c_uint32, pointer, text)
        self.remove = function("JS_DeleteProperty", number, pointer, _Value, ctypes.c_uint32, number)
        self.free_atom = function("JS_FreeAtom", None, pointer, ctypes.c_uint32)
        self.collect_at = function("JS_SetGCThreshold", None, pointer, size)
        self.free_value = function("JS_FreeValue", None, pointer, _Value)
        self.free = function("js_free", None, pointer, pointer)


def compiled(source: str) -> Load:
    """What gives a context the function that `source`, an expression, has as its value; JSException if it is wrong."""
    if _LIBRARY is None:
        return partial(_parsed, source)
    return partial(_read, _LIBRARY, _written(_LIBRARY, source.encode()))


def collect_late(context: quickjs.Context) -> None:
    """Lets a short script end before the collector would have begun."""
    if _LIBRARY is not None:
        _LIBRARY.collect_at(_LIBRARY.runtime_of(_engine(context)), _COLLECT_BYTES)


def _parsed(source: str, context: quickjs.Context) -> Function:
    function: Function = context.eval(source)
    return function


def _written(library: _Library, source: bytes) -> bytes:
    context = quickjs.Context()
    engine = _engine(context)
    program = library.eval(engine, source, len(source), b"<input>", _COMPILE_ONLY)
    if program.tag == _EXCEPTION:
        # Fails once more, as an exception of the binding.
        context.eval(source.decode())
    size = ctypes.c_size_t()
    written = library.write(engine, ctypes.byref(size), program, _BYTECODE)
    library.free_value(engine, program)
    if not written:
        raise MemoryError(_NO_ROOM)
    try:
        return ctypes.string_at(written, size.value)
    finally:
        library.free(engine, written)


def _read(library: _Library, bytecode: bytes, context: quickjs.Context) -> Function:
    engine = _engine(context)
    value = library.read(engine, bytecode, len(bytecode), _BYTECODE)
    if value.tag != _EXCEPTION:
        value = library.run(engine, value)
    if value.tag == _EXCEPTION:
        raise MemoryError(_NO_ROOM)
    # The binding makes no object of the engine's values but of those that it finds by a name. No script runs yet.
    scope, place = library.globals(engine), library.atom(engine, _PLACE)
    library.put(engine, scope, _PLACE, value)
    function: Function = context.get(_PLACE.decode())
    library.remove(engine, scope, place, 0)
    library.free_atom(engine, place)
    library.free_value(engine, scope)
    return function


def _engine(context: quickjs.Context) -> int | None:
    """The engine's context in the binding's: {object's head, runtime, context, …}."""
    return ctypes.c_void_p.from_address(id(context) + object.__basicsize__ + ctypes.sizeof(ctypes.c_void_p)).value


def _known() -> _Library | None:
    """The library, if it is the one whose layout is written above."""
    try:
        library = _Library()
    except (AttributeError, OSError):
        return None
    whole = quickjs.Context.__basicsize__ == object.__basicsize__ + _OWN_BYTES
    if not whole or library.version() != _VERSION or ctypes.sizeof(ctypes.c_void_p) != 8:
        return None
    context = quickjs.Context()
    return library if library.opaque(library.runtime_of(_engine(context))) == id(context) else None


_LIBRARY = _known()
