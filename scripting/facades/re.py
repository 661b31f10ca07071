"""`re`. A pattern that backtracks for ever ends with the process's limit of CPU time."""

from __future__ import annotations

import re as real
from collections.abc import Callable, Mapping

from scripting.facades.namespace import Context, Namespace

ATTRIBUTES: Mapping[type, frozenset[str]] = {
    real.Pattern: frozenset({
        "findall", "finditer", "flags", "fullmatch", "groupindex", "groups", "match", "pattern", "search", "split",
        "sub", "subn",
    }),
    real.Match: frozenset({
        "end", "endpos", "expand", "group", "groupdict", "groups", "lastgroup", "lastindex", "pos", "re", "span",
        "start", "string",
    }),
}  # fmt: skip

_FLAGS = {name: int(getattr(real, name)) for name in ("A", "ASCII", "I", "IGNORECASE", "M", "MULTILINE", "S", "DOTALL",
                                                      "U", "UNICODE", "X", "VERBOSE")}  # fmt: skip
# DEBUG prints to the process's output, LOCALE depends on the machine.
_ALLOWED = real.A | real.I | real.M | real.S | real.U | real.X


def _compile(pattern: object, flags: object = 0) -> real.Pattern[str]:
    if type(flags) is not int or flags & ~_ALLOWED:
        raise ValueError("flags: only A, I, M, S, U and X are available")
    if isinstance(pattern, real.Pattern):
        return pattern
    # Exact types only: the cache of patterns compares its keys, and outlives the run.
    if type(pattern) not in (str, bytes):
        raise TypeError(f"a pattern is text, not a {type(pattern).__name__}")
    return real.compile(pattern, flags)  # type: ignore[call-overload, no-any-return]


def _function(name: str) -> Callable[..., object]:
    def function(pattern: object, string: object, flags: object = 0) -> object:
        return getattr(_compile(pattern, flags), name)(string)

    return function


def _split(pattern: object, string: str, maxsplit: int = 0, flags: object = 0) -> object:
    return _compile(pattern, flags).split(string, maxsplit)


def _sub(pattern: object, repl: str, string: str, count: int = 0, flags: object = 0) -> object:
    return _compile(pattern, flags).sub(repl, string, count)


def _subn(pattern: object, repl: str, string: str, count: int = 0, flags: object = 0) -> object:
    return _compile(pattern, flags).subn(repl, string, count)


_FUNCTIONS = {name: _function(name) for name in ("search", "match", "fullmatch", "findall", "finditer")}
_MODULE = Namespace(
    "re",
    {
        **_FUNCTIONS,
        **_FLAGS,
        "compile": _compile,
        "split": _split,
        "sub": _sub,
        "subn": _subn,
        "escape": real.escape,
        "error": real.error,
    },
)


def module(context: Context) -> Namespace:
    """The module `re`."""
    return _MODULE
