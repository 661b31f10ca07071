"""Classes that scripts define: what they may extend, and how they hash and look.

ScriptClass      the metaclass of every class of a script
ScriptObject     the base of every class of a script; hashes by serial number, for an address would
                 make the order of sets differ from run to run
"""

from __future__ import annotations

import decimal
import re
import statistics
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from scripting.facades.namespace import Namespace
from scripting.stubs.python_errors import ScriptException

ERRORS: tuple[type[Exception], ...] = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    Exception,
    ImportError,
    IndexError,
    KeyError,
    LookupError,
    NameError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    RuntimeError,
    ScriptException,
    StopIteration,
    TypeError,
    UnicodeError,
    ValueError,
    ZeroDivisionError,
)
_BASES = frozenset({*ERRORS, decimal.DecimalException, re.error, statistics.StatisticsError})


class ScriptClass(type):
    """The type of every class that a script defines."""

    _serials: Iterator[int]
    _serial: int

    def __hash__(cls) -> int:
        return cls._serial


class ScriptObject:
    """The base of every class that a script defines."""

    _serials: Iterator[int]

    def __hash__(self) -> int:
        # The key begins with an underscore, so no attribute of a script can meet it.
        own: dict[str, Any] = self.__dict__
        if "_serial" not in own:
            own["_serial"] = next(type(self)._serials)
        serial: int = own["_serial"]
        return serial

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def metaclass() -> Callable[..., ScriptClass]:
    """What makes the classes of one run; serial numbers count from 1 in each run."""
    serials = count(1)

    def make(name: str, bases: tuple[object, ...], members: dict[str, object]) -> ScriptClass:
        for base in bases:
            _check_base(name, base)
        own = [base for base in bases if type(base) is ScriptClass]
        known = {"_serials": serials, "_serial": next(serials)}
        kinds: tuple[Any, ...] = bases if own else (*bases, ScriptObject)
        return ScriptClass(name, kinds, members | known)

    return make


def _check_base(name: str, base: object) -> None:
    if type(base) is ScriptClass or (isinstance(base, type) and base in _BASES):
        return
    shown = repr(base) if isinstance(base, Namespace) else getattr(base, "__name__", type(base).__name__)
    raise TypeError(f"class {name} cannot extend {shown}; it can extend your own classes and errors")


def owner(kind: type, name: str) -> type | None:
    """The class, among `kind` and its bases, where Python finds the name; else None."""
    return next((base for base in kind.__mro__ if name in base.__dict__), None)


def owner_above(value: Any, name: str) -> type | None:
    """The class where a `super()` object of a script's class finds the name; else None."""
    mro = value.__self_class__.__mro__ if type(value.__thisclass__) is ScriptClass else ()
    above = mro[mro.index(value.__thisclass__) + 1 :] if mro else ()
    return next((base for base in above if name in base.__dict__), None)


def defined_by_script(kind: type, name: str) -> Callable[..., object] | None:
    """The method that a script's class defines; else None."""
    base = owner(kind, name)
    method = base.__dict__[name] if type(base) is ScriptClass else None
    return method if callable(method) else None
