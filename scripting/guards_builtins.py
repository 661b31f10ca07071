"""The names that every script has without importing anything."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from types import UnionType

from scripting import guards
from scripting.facades.namespace import Kind
from scripting.guards_classes import ERRORS
from scripting.guards_text import decode, encode, formatted_value, shown, text
from scripting.guards_types import BYTES, STR

_PLAIN = (
    "abs all any bin bool callable chr classmethod complex dict divmod enumerate filter float frozenset hex int "
    "iter len list map max min next oct ord pow property range reversed round set slice sorted staticmethod sum super "
    "tuple zip __build_class__"
)


def _real(kind: object) -> type | UnionType | tuple[type | UnionType | tuple[object, ...], ...]:
    if isinstance(kind, Kind):
        return kind.real
    if type(kind) is tuple:
        return tuple(_real(item) for item in kind)
    if isinstance(kind, (type, UnionType)):
        return kind
    raise TypeError("expected a type or a tuple of types")


def _isinstance(value: object, kind: object) -> bool:
    return isinstance(value, _real(kind))  # type: ignore[arg-type]


def _issubclass(value: object, kind: object) -> bool:
    return issubclass(_real(value), _real(kind))  # type: ignore[arg-type]


# Functions in C (strptime, strftime, Pattern.sub) import these from the frame that calls them. They take
# the module from sys.modules themselves and drop what __import__ answers, so it answers nothing; a script
# cannot name it, and its own imports do not go through it.
_IMPORTED_BY_C = frozenset({"_strptime", "re", "time"})


def _import_for_c(name: str, *args: object) -> None:
    if name not in _IMPORTED_BY_C:
        raise ImportError(f"{name} is not available in scripts")


def _bytes(source: object = b"", *encoding: object) -> bytes:
    if type(source) is str and encoding:
        return encode(source, *encoding)
    # Without an encoding text is refused, and with one anything else.
    return bytes(source, *encoding)  # type: ignore[call-overload, no-any-return]


_BYTES = {name: getattr(bytes, name) for name in (*BYTES, "fromhex")} | {"decode": decode}
_TEXT = {name: getattr(str, name) for name in STR} | dict(guards.TEXT_METHODS)

BUILTINS: Mapping[str, object] = {
    **{name: getattr(builtins, name) for name in _PLAIN.split()},
    **{error.__name__: error for error in ERRORS},
    "__import__": _import_for_c,
    "str": Kind("str", str, lambda value="", *encoding: text(value, *encoding), _TEXT),
    "bytes": Kind("bytes", bytes, _bytes, _BYTES),
    "repr": shown,
    "ascii": lambda value: ascii(shown(value))[1:-1],
    "format": formatted_value,
    "isinstance": _isinstance,
    "issubclass": _issubclass,
    "getattr": guards.get_attribute,
    "hasattr": guards.has_attribute,
    "setattr": guards.set_attribute,
    "delattr": guards.delete_attribute,
    "null": None,
    "undefined": None,
    "true": True,
    "false": False,
}
