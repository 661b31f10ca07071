"""Sources that are parsed once and loaded into many engines.

QuickJS can write what it compiled as bytecode and read it again. Its binding for Python does not pass that on, but its
library exports the functions, and a context of the binding holds the engine's own. Bytecode of somebody else could do
anything to the process: nothing is read here that this process did not write, from sources of its own.
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
_COMPILE_ONLY = 1 << 5
_BYTECODE = 1
_EXCEPTION = 6


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
        self.free_value = function("JS_FreeValue", None, pointer, _Value)
        self.free = function("js_free", None, pointer, pointer)


def compiled(source: str) -> Load:
    """What gives a context the function that `source`, an expression, has as its value; JSException if it is wrong."""
    if _LIBRARY is None:
        return partial(_parsed, source)
    return partial(_read, _LIBRARY, _written(_LIBRARY, source.encode()))


def _parsed(source: str, context: quickjs.Context) -> Function:
    function: Function = context.eval(source)
    return function


def _written(library: _Library, source: bytes) -> bytes:
    context = quickjs.Context()
    context.eval(source.decode())
    engine = _engine(context)
    program = library.eval(engine, source, len(source), b"<input>", _COMPILE_ONLY)
    size = ctypes.c_size_t()
    written = library.write(engine, ctypes.byref(size), program, _BYTECODE)
    library.free_value(engine, program)
    if not written:
        raise MemoryError("there is no room for the stubs of JavaScript")
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
        raise MemoryError("there is no room for the stubs of JavaScript")
    # The binding makes no object of the engine's values but of those that it finds by a name.
    scope = library.globals(engine)
    library.put(engine, scope, _PLACE, value)
    library.free_value(engine, scope)
    function: Function = context.get(_PLACE.decode())
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
