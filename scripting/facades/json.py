"""`json`. Dates become text as in JavaScript."""

from __future__ import annotations

import json as real
from collections.abc import Iterable

from scripting.facades.namespace import Context, Namespace
from scripting.model import Json
from scripting.stubs.python_values import to_text


def dumps(
    value: object,
    *,
    indent: int | str | None = None,
    sort_keys: bool = False,
    ensure_ascii: bool = False,
    separators: Iterable[str] | None = None,
) -> str:
    """The value as JSON; ValueError names the place of what is not JSON."""
    plain = to_text(value, "value")
    if indent is not None and type(indent) not in (int, str):
        raise TypeError("indent: expected a number, text or None")
    return real.dumps(
        plain,
        indent=indent,
        sort_keys=sort_keys,
        ensure_ascii=ensure_ascii,
        separators=_separators(separators),
        allow_nan=False,
    )


def _separators(given: Iterable[str] | None) -> tuple[str, str] | None:
    if given is None:
        return None
    item, key = given
    if type(item) is not str or type(key) is not str:
        raise TypeError("separators: expected two texts")
    return item, key


def loads(text: str) -> Json:
    """The value of the text; ValueError tells the line and column of what is wrong."""
    value: Json = real.loads(text, parse_constant=_refuse)
    return value


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is not JSON")


_MODULE = Namespace("json", {"dumps": dumps, "loads": loads, "JSONDecodeError": real.JSONDecodeError})


def module(context: Context) -> Namespace:
    """The module `json`."""
    return _MODULE
