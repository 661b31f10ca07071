"""How values read as text: like Python's str, repr and format, but never with an address of memory.

An address would differ from run to run, so a replay would diverge, and it would help an attacker.
"""

from __future__ import annotations

import collections
import decimal
import importlib
import json
import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, time, timedelta, timezone
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from scripting.facades.datetime import DateTime
from scripting.facades.namespace import Namespace
from scripting.guards_classes import ScriptClass, defined_by_script
from scripting.stubs.python_objects import Job, JobLog, Record
from scripting.stubs.python_values import NotJson, to_text

# Their own text is harmless, and so is their own way to format.
_PLAIN = frozenset({
    int, float, bool, complex, str, bytes, type(None), type(...), range,
    decimal.Decimal, date, time, timedelta, timezone, DateTime,
})  # fmt: skip
_BRACKETS: Mapping[type, tuple[str, str]] = {
    list: ("[", "]"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
    collections.deque: ("deque([", "])"),
}
_DICTS: Mapping[type, tuple[str, str]] = {
    dict: ("{", "}"),
    collections.Counter: ("Counter({", "})"),
    collections.OrderedDict: ("OrderedDict({", "})"),
    collections.defaultdict: ("defaultdict({", "})"),
}
_SNAPSHOTS = (Job, JobLog, Record)
_FUNCTIONS = (FunctionType, BuiltinFunctionType, MethodType)
_HANDLERS = ("strict", "ignore", "replace", "backslashreplace", "xmlcharrefreplace")
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


def text(value: object, *encoding: object) -> str:
    """str(value)."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[return-value]
    if kind is bytes and encoding:
        return decode(value, *encoding)
    if (method := defined_by_script(kind, "__str__")) is not None:
        return _text_of(method(value), "__str__")
    if isinstance(value, BaseException):
        return _error_text(value)
    return str(value) if kind in _PLAIN else shown(value)


def shown(value: object) -> str:
    """repr(value)."""
    return _shown(value, ())


def logged(value: object) -> str:
    """How a value reads in a log: text as it is, objects as JSON."""
    if type(value) is str:
        return value
    if value is None or type(value) in (bool, dict, list, tuple, *_SNAPSHOTS):
        try:
            return json.dumps(to_text(value, "value"), ensure_ascii=False)
        except NotJson:
            return shown(value)
    return value.toISOString() if isinstance(value, DateTime) else text(value)


def formatted(value: object, conversion: int, spec: str) -> str:
    """The part of an f-string: conversion is the code of r, s or a, or -1."""
    if conversion == ord("r"):
        value = shown(value)
    elif conversion == ord("a"):
        value = ascii(shown(value))[1:-1]
    elif conversion == ord("s"):
        value = text(value)
    return formatted_value(value, spec)


def formatted_value(value: object, spec: object = "") -> str:
    """format(value, spec)."""
    if type(spec) is not str:
        raise TypeError("format() needs its specification as text")
    if not spec:
        return text(value)
    return format(value if type(value) in _PLAIN else text(value), spec)


def modulo(left: Any, right: object) -> object:
    """left % right."""
    if type(left) not in (str, bytes):
        return left % right
    if type(right) is tuple:
        return left % tuple(map(_harmless, right))
    if type(right) is dict:
        return left % {key: _harmless(item) for key, item in right.items()}
    return left % (_harmless(right),)


def clean(message: str) -> str:
    """The text of one of Python's own errors, which may quote an object with its address."""
    return _ADDRESS.sub("", message)


def decode(data: object, encoding: object = "utf-8", errors: object = "strict") -> str:
    """bytes.decode, for the encodings that need no codec."""
    if type(data) is not bytes:
        raise TypeError(f"expected bytes, not a {type(data).__name__}")
    return data.decode(_encoding(encoding), _handler(errors))


def encode(value: object, encoding: object = "utf-8", errors: object = "strict") -> bytes:
    """str.encode, for the encodings that need no codec."""
    return checked_text(value).encode(_encoding(encoding), _handler(errors))


def checked_text(value: object) -> str:
    """The value, which has to be text itself: an object with methods of the same names is none."""
    if type(value) is not str:
        raise TypeError(f"expected text, not a {type(value).__name__}")
    return value


def _handler(name: object) -> str:
    # By name, like codecs; surrogateescape and surrogatepass would make text that cannot leave the script.
    if type(name) is not str or name not in _HANDLERS:
        raise ValueError(f"errors: expected one of {', '.join(_HANDLERS)}")
    return name


def _encoding(name: object) -> str:
    plain = name.lower().replace("_", "-") if type(name) is str else ""
    if plain not in ("utf-8", "utf8", "ascii", "latin-1", "iso-8859-1"):
        raise ValueError("encoding: expected utf-8, ascii or latin-1")
    return plain


_split_field: Callable[[str], tuple[Any, Iterable[tuple[bool, Any]]]] = importlib.import_module(
    "_string"
).formatter_field_name_split


class SafeFormatter(string.Formatter):
    """str.format, with the fields' attributes and items read through the guards."""

    def __init__(self, *, attribute: Callable[[object, str], object], item: Callable[[object, object], object]) -> None:
        self._attribute = attribute
        self._item = item

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[object, str]:
        """The value that a replacement field names."""
        first, rest = _split_field(field_name)
        value: object = self.get_value(first, args, kwargs)
        for is_attribute, key in rest:
            value = self._attribute(value, key) if is_attribute else self._item(value, key)
        return value, first

    def convert_field(self, value: object, conversion: str | None) -> object:
        """`!r`, `!s` or `!a`."""
        return value if conversion is None else formatted(value, ord(conversion), "")

    def format_field(self, value: object, format_spec: str) -> str:
        """The part after the colon."""
        return formatted_value(value, format_spec)


class _Harmless:
    """Stands in for a value that `%` is about to show."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __str__(self) -> str:
        return text(self._value)

    def __repr__(self) -> str:
        return shown(self._value)


def _harmless(value: object) -> object:
    return value if type(value) in _PLAIN else _Harmless(value)


def _shown(value: object, above: tuple[int, ...]) -> str:
    kind = type(value)
    if kind in _PLAIN:
        return repr(value)
    if (method := defined_by_script(kind, "__repr__")) is not None:
        return _text_of(method(value), "__repr__")
    if id(value) in above:
        return "..."
    above = (*above, id(value))
    if kind in _BRACKETS:
        return _in_brackets(_BRACKETS[kind], kind, value, above)  # type: ignore[arg-type]
    if kind is tuple:
        items = [_shown(item, above) for item in value]  # type: ignore[attr-defined]
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    if kind in _DICTS:
        pairs = (f"{_shown(key, above)}: {_shown(item, above)}" for key, item in value.items())  # type: ignore[attr-defined]
        return f"{', '.join(pairs)}".join(_DICTS[kind])
    return _shown_object(value, kind, above)


def _in_brackets(brackets: tuple[str, str], kind: type, items: Iterable[object], above: tuple[int, ...]) -> str:
    inner = ", ".join(_shown(item, above) for item in items)
    return f"{kind.__name__}()" if not inner and kind in (set, frozenset) else inner.join(brackets)


def _shown_object(value: object, kind: type, above: tuple[int, ...]) -> str:
    if isinstance(value, BaseException):
        return f"{kind.__name__}({', '.join(_shown(arg, above) for arg in arguments(value))})"
    if kind is type or kind is ScriptClass:
        return f"<class '{value.__name__}'>"  # type: ignore[attr-defined]
    if kind in _FUNCTIONS:
        return f"<function {value.__name__}>"  # type: ignore[attr-defined]
    if isinstance(value, Namespace):
        return repr(value)
    if kind in _SNAPSHOTS:
        return f"<{kind.__name__} {logged(value)}>"
    return f"<{kind.__name__}>"


def arguments(error: BaseException) -> tuple[object, ...]:
    """The arguments of an error, without addresses."""
    return tuple(clean(arg) if type(arg) is str else arg for arg in error.args)


def _error_text(error: BaseException) -> str:
    args = arguments(error)
    if not args:
        return ""
    if len(args) > 1:
        return shown(args)
    return shown(args[0]) if isinstance(error, KeyError) else text(args[0])


def _text_of(value: object, method: str) -> str:
    if type(value) is not str:
        raise TypeError(f"{method} returned a {type(value).__name__}, not text")
    return value
