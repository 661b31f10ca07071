"""The JSON that may cross the border between host and child, checked with the place of what is wrong.

Refused: NaN and infinities, integers beyond 64 bits, NUL and lone surrogates in text, keys that are not
text, nesting deeper than MAX_DEPTH, and everything that JSON does not have. PostgreSQL's jsonb takes
whatever passes here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scripting.model import Json

MAX_DEPTH = 200
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
_SHOWN_KEY = 40
_MANY = 50_000


class BadValue(ValueError):
    """A value is not JSON that may cross; the message names the place."""


def check(value: Json, place: str) -> None:
    """Nothing, or BadValue whose message begins with the place, such as `args[0].name`."""
    if not is_plain(value):
        _check(value, (place, None), MAX_DEPTH)


def is_plain(value: Any) -> bool:
    """True only for what `check` lets through, and for nearly all of that, in half the time or less.

    Text beyond ASCII is left to `check`, and so is what has very many containers: some of them may hold themselves.
    """
    level, containers = [value], 0
    for _ in range(MAX_DEPTH):
        deeper: list[Any] = []
        for each in level:
            kind = type(each)
            if kind is str:
                if not each.isascii() or "\0" in each:
                    return False
            elif kind is dict:
                containers += 1
                if not _are_plain_keys(each):
                    return False
                deeper += each.values()
            elif kind is list:
                containers += 1
                deeper += each
            elif not (each is None or kind is bool or (kind is int and _INT_MIN <= each <= _INT_MAX)) and (
                # NaN and the infinities are the floats whose difference to themselves is none.
                kind is not float or each - each != 0
            ):
                return False
        if not deeper:
            return True
        if containers > _MANY:
            return False
        level = deeper
    return False


def _are_plain_keys(keys: Iterable[Any]) -> bool:
    try:
        text = "".join(keys)
    except TypeError:
        return False
    return text.isascii() and "\0" not in text


# The place is a linked list (part, parent): text is only made of it when something is wrong.
_Place = tuple[str | int, "_Place | None"]


def _check(value: Json, place: _Place, depth: int) -> None:
    kind = type(value)
    if value is None or kind is bool:
        return
    if isinstance(value, str):
        _check_text(value, place)
    elif isinstance(value, int):
        if not _INT_MIN <= value <= _INT_MAX:
            raise BadValue(f"{_shown(place)}: an integer beyond 64 bits is not allowed in JSON")
    elif isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise BadValue(f"{_shown(place)}: {_number_name(value)} is not allowed in JSON")
    elif isinstance(value, dict):
        _check_depth(place, depth)
        for key, item in value.items():
            _check_key(key, place)
            _check(item, (key, place), depth - 1)
    elif isinstance(value, (list, tuple)):
        _check_depth(place, depth)
        for index, item in enumerate(value):
            _check(item, (index, place), depth - 1)
    else:
        raise BadValue(f"{_shown(place)}: a value of type {kind.__name__} is not JSON")


def _check_text(text: str, place: _Place) -> None:
    if text.isascii():
        if "\0" in text:
            raise BadValue(f"{_shown(place)}: the character NUL is not allowed in text")
        return
    if "\0" in text:
        raise BadValue(f"{_shown(place)}: the character NUL is not allowed in text")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadValue(f"{_shown(place)}: half of a surrogate pair is not allowed in text") from None


def _check_key(key: object, place: _Place) -> None:
    if not isinstance(key, str):
        raise BadValue(f"{_shown(place)}: a key of type {type(key).__name__} is not allowed, only text is")
    try:
        _check_text(key, place)
    except BadValue as error:
        raise BadValue(f"{error} (in a key)") from None


def _check_depth(place: _Place, depth: int) -> None:
    if depth == 0:
        raise BadValue(f"{_shown(place)}: nested deeper than {MAX_DEPTH}")


def _number_name(value: float) -> str:
    if value != value:
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _shown(place: _Place) -> str:
    parts: list[str] = []
    current: _Place | None = place
    while current is not None:
        part, current = current
        parts.append(_shown_part(part, first=current is None))
    return "".join(reversed(parts))


def _shown_part(part: str | int, *, first: bool) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    text = part if len(part) <= _SHOWN_KEY else part[:_SHOWN_KEY] + "..."
    return text if first else f".{text}"
