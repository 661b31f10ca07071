"""What the code of a script goes through to read and write anything but its own variables.

    reading an attribute     a member of a namespace; a listed attribute of a known type; what the
                             script's own classes define; a key of a plain object (dict)
    writing an attribute     of the script's own objects and classes; a key of a plain object
    reading an item          of a value, never of a type
    writing an item          of a list, a plain object, or an object whose class defines __setitem__

Everything else raises. Names come from the source, where those that begin with an underscore are
refused, or from getattr and its kin and format strings, where they are refused here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from scripting import guards_types
from scripting.facades import collections, table
from scripting.facades.namespace import Kind, Namespace
from scripting.guards_classes import ScriptClass, owner, owner_above
from scripting.guards_text import SafeFormatter, arguments, checked_text, decode, encode, modulo, shown
from scripting.policy_names import is_private
from scripting.stubs import python as stubs
from scripting.stubs.python_errors import ERROR_METHODS, ScriptException

_MISSING = object()
_ATTRIBUTES: Mapping[type, frozenset[str]] = {
    **guards_types.ATTRIBUTES,
    **table.ATTRIBUTES,
    **stubs.ATTRIBUTES,
}
_CLASS_ATTRIBUTES: Mapping[type, frozenset[str]] = {**guards_types.CLASS_ATTRIBUTES, **table.CLASS_ATTRIBUTES}
_WRITABLE = frozenset({list, dict, *collections.WRITABLE})
_NAMESPACES = (Namespace, Kind)


def get_attribute(value: object, name: str, default: object = _MISSING) -> object:
    """value.name, or AttributeError."""
    _check_name(name)
    try:
        return _attribute(value, name)
    except AttributeError:
        if default is _MISSING:
            raise
        return default


def has_attribute(value: object, name: str) -> bool:
    """hasattr(value, name)."""
    return get_attribute(value, name, _MISSING_TOO) is not _MISSING_TOO


_MISSING_TOO = object()


def _check_name(name: object) -> None:
    if type(name) is not str:
        raise TypeError("the name of an attribute is text")
    if is_private(name):
        raise AttributeError(f"the attribute {name} is not available in scripts")


def _attribute(value: object, name: str) -> object:
    kind = type(value)
    listed = _ATTRIBUTES.get(kind)
    if listed is not None:
        return _listed(value, kind, name, listed)
    if kind in _NAMESPACES:
        return value.member(name)  # type: ignore[attr-defined]
    if kind is ScriptClass:
        return _of_script_class(value, name)  # type: ignore[arg-type]
    if kind is super:
        return _from_super(value, name)
    if isinstance(value, type):
        return _of_class(value, name)
    if issubclass(kind, BaseException):
        return _of_error(value, kind, name)  # type: ignore[arg-type]
    if type(kind) is ScriptClass:
        return _of_instance(value, kind, name)
    raise _no_attribute(shown(value), name)


def _listed(value: Any, kind: type, name: str, listed: frozenset[str]) -> object:
    if name in listed:
        return _owned(getattr(value, name))
    if kind is dict:
        return _key(value, name)
    if kind is str and name in TEXT_METHODS:
        return partial(TEXT_METHODS[name], value)
    if kind is bytes and name == "decode":
        return partial(decode, value)
    raise _no_attribute(f"a {kind.__name__}", name)


def _owned(value: object) -> object:
    # A view of a mapping hands the mapping itself to the other side of == and |, and so to a script's __eq__
    # and __ror__: a Pattern's groupindex, changed that way, stays changed in the cache of patterns.
    return dict(value) if type(value) is MappingProxyType else value


def _key(value: dict[str, object], name: str) -> object:
    try:
        return value[name]
    except KeyError:
        raise AttributeError(f"the object has no {name!r}; get({name!r}) answers null for what is missing") from None


def _of_class(value: type, name: str) -> object:
    if name in _CLASS_ATTRIBUTES.get(value, ()):
        return getattr(value, name)
    raise _no_attribute(f"the type {value.__name__}", name)


def _of_error(value: BaseException, kind: type, name: str) -> object:
    if name == "args":
        return arguments(value)
    if isinstance(value, ScriptException) and owner(kind, name) is ScriptException and name in ERROR_METHODS:
        return getattr(value, name)
    if kind is StopIteration and name == "value":
        return value.value  # type: ignore[attr-defined]
    return _of_instance(value, kind, name)


def _of_instance(value: object, kind: type, name: str) -> object:
    found = owner(kind, name)
    if type(found) is ScriptClass or (found is None and type(kind) is ScriptClass and name in value.__dict__):
        return getattr(value, name)
    raise _no_attribute(f"a {kind.__name__}", name)


def _of_script_class(value: type, name: str) -> object:
    if type(owner(value, name)) is ScriptClass:
        return getattr(value, name)
    raise _no_attribute(f"the class {value.__name__}", name)


def _from_super(value: Any, name: str) -> object:
    found = owner_above(value, name)
    if type(found) is ScriptClass or (found is ScriptException and name in ERROR_METHODS):
        return getattr(value, name)
    raise _no_attribute("super()", name)


def _thisclass(value: Any) -> object:
    return value.__thisclass__


def super_method(value: Any, name: str) -> object:
    """super().__init__ and its kin: those of the script's classes, and the initializer of errors."""
    of_script = type(value) is super and type(_thisclass(value)) is ScriptClass
    if not of_script:
        raise TypeError("super() is not what it should be here")
    if type(owner_above(value, name)) is ScriptClass or name == "__init__":
        return getattr(value, name)
    raise _no_attribute("super()", name)


def _no_attribute(owner: str, name: str) -> AttributeError:
    return AttributeError(f"{owner} has no attribute {name!r}")


class _Keys:
    """Lets `o.x = 1` write the key of a plain object."""

    __slots__ = ("_target",)
    _target: dict[str, object]

    def __init__(self, target: dict[str, object]) -> None:
        object.__setattr__(self, "_target", target)

    def __setattr__(self, name: str, value: object) -> None:
        self._target[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self._target[name]
        except KeyError:
            raise AttributeError(f"the object has no {name!r}") from None


def write_attribute(value: object) -> object:
    """What `value.name = x` and `del value.name` really write to."""
    kind = type(value)
    if kind is dict:
        return _Keys(value)  # type: ignore[arg-type]
    if kind is ScriptClass or type(kind) is ScriptClass:
        return value
    raise TypeError(f"the attributes of a {kind.__name__} cannot be written")


def set_attribute(value: object, name: str, new: object) -> None:
    """setattr(value, name, new)."""
    _check_name(name)
    setattr(write_attribute(value), name, new)


def delete_attribute(value: object, name: str) -> None:
    """delattr(value, name)."""
    _check_name(name)
    delattr(write_attribute(value), name)


def get_item(value: Any, key: object) -> object:
    """value[key]."""
    if isinstance(value, type):
        raise TypeError(f"the type {value.__name__} has no items")
    return value[key]


def write_item(value: object) -> Any:
    """What `value[key] = x` and `del value[key]` really write to."""
    kind = type(value)
    if kind in _WRITABLE or type(kind) is ScriptClass:
        return value
    raise TypeError(f"the items of a {kind.__name__} cannot be written")


_IN_PLACE: Mapping[str, Callable[[Any, Any], object]] = {
    "+=": operator.iadd,
    "-=": operator.isub,
    "*=": operator.imul,
    "/=": operator.itruediv,
    "//=": operator.ifloordiv,
    "**=": operator.ipow,
    "<<=": operator.ilshift,
    ">>=": operator.irshift,
    "|=": operator.ior,
    "&=": operator.iand,
    "^=": operator.ixor,
    "@=": operator.imatmul,
}


def in_place(symbol: str, old: object, value: object) -> object:
    """What `old += value` leaves in its target."""
    if symbol == "%=":
        return modulo(old, value)
    return _IN_PLACE[symbol](old, value)


def augment_attribute(holder: object, name: str) -> Callable[[str, object], None]:
    """Reads holder.name at once; the function that comes back applies and stores."""
    old = get_attribute(holder, name)

    def store(symbol: str, value: object) -> None:
        setattr(write_attribute(holder), name, in_place(symbol, old, value))

    return store


def augment_item(holder: object, key: object) -> Callable[[str, object], None]:
    """Reads holder[key] at once; the function that comes back applies and stores."""
    old = get_item(holder, key)

    def store(symbol: str, value: object) -> None:
        write_item(holder)[key] = in_place(symbol, old, value)

    return store


def get_iterator(value: Any) -> Any:
    """What a loop iterates. A set whose order would depend on addresses goes by its elements' text."""
    if type(value) in (set, frozenset) and not all(type(item) in _STABLE for item in value):
        return sorted(value, key=shown)
    return value


_STABLE = frozenset({str, int, float, bool, bytes})


def apply(function: Callable[..., object], /, *args: object, **kwargs: object) -> object:
    """function(*args, **kwargs)."""
    for name in kwargs:
        if is_private(name):
            raise TypeError(f"the argument {name} is not available in scripts")
    return function(*args, **kwargs)


_FORMATTER = SafeFormatter(attribute=get_attribute, item=get_item)


def _format(template: object, /, *args: object, **kwargs: object) -> str:
    return _FORMATTER.vformat(checked_text(template), args, kwargs)


def _format_map(template: object, mapping: dict[str, object]) -> str:
    return _FORMATTER.vformat(checked_text(template), (), mapping)


TEXT_METHODS: Mapping[str, Callable[..., object]] = {"encode": encode, "format": _format, "format_map": _format_map}
