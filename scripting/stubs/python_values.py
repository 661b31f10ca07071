"""Values on their way to the host and back.

script                        host                      text of json.dumps
datetime                      {"$date": ms}             as Date.toISOString
Record, in arguments          {"$record": {...}}
Record, in results            its fields, id and label  the same
Job, JobLog                   their snapshot            the same
tuple                         a list                    the same
Counter, defaultdict ...      an object                 the same
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from scripting.facades.datetime import DateTime
from scripting.model import Json

MAX_DEPTH = 200
_SHOWN_KEY = 40
_SHOWN_PARTS = 20
_SCALARS = (str, int, float, bool, type(None))
_LISTS = (list, tuple)
_DICTS = (dict, collections.Counter, collections.OrderedDict, collections.defaultdict)
_Place = tuple[object, "_Place | None"]


class NotJson(ValueError):
    """A value has no place in JSON; the message begins with where it is."""


class Snapshot(Protocol):
    """An object of the API that holds the host's JSON."""

    def _as_json(self) -> Json: ...

    def _as_argument(self) -> Json: ...


@dataclass(frozen=True, slots=True)
class _Form:
    date: Callable[[DateTime], Json]
    snapshot: Callable[[Snapshot], Json]


_ARGUMENT = _Form(date=lambda date: {"$date": date.getTime()}, snapshot=lambda item: item._as_argument())
_RESULT = _Form(date=lambda date: {"$date": date.getTime()}, snapshot=lambda item: item._as_json())
_TEXT = _Form(date=lambda date: date.toISOString(), snapshot=lambda item: item._as_json())


def to_argument(value: object, place: str) -> Json:
    """JSON for a call of the host; NotJson names the place."""
    return _plain(value, (place, None), MAX_DEPTH, _ARGUMENT)


def to_result(value: object, place: str) -> Json:
    """JSON for the value of a run; NotJson names the place."""
    return _plain(value, (place, None), MAX_DEPTH, _RESULT)


def to_text(value: object, place: str) -> Json:
    """JSON that is about to become text; NotJson names the place."""
    return _plain(value, (place, None), MAX_DEPTH, _TEXT)


def _plain(value: object, place: _Place, depth: int, form: _Form) -> Json:
    kind = type(value)
    if kind in _SCALARS:
        return value
    if depth == 0:
        raise NotJson(f"{_shown(place)}: nested deeper than {MAX_DEPTH}, or it contains itself")
    if isinstance(value, _LISTS) and kind in _LISTS:
        return [_plain(item, (index, place), depth - 1, form) for index, item in enumerate(value)]
    if isinstance(value, _DICTS) and kind in _DICTS:
        return {_key(key, place): _plain(item, (key, place), depth - 1, form) for key, item in value.items()}
    if isinstance(value, DateTime):
        return form.date(value)
    if getattr(kind, "_is_snapshot", False) is True:
        return _plain(form.snapshot(value), place, depth - 1, form)  # type: ignore[arg-type]
    raise NotJson(f"{_shown(place)}: a value of type {kind.__name__} is not JSON{_HINTS.get(kind.__name__, '')}")


_HINTS: Mapping[str, str] = {
    "set": "; use list()",
    "frozenset": "; use list()",
    "generator": "; use list()",
    "Decimal": "; use float() or str()",
    "date": "; use isoformat()",
    "ResultSet": "; use toArray()",
}


def _key(key: object, place: _Place) -> str:
    if type(key) is not str:
        raise NotJson(f"{_shown(place)}: a key of type {type(key).__name__} is not allowed, only text is")
    return key


def _shown(place: _Place) -> str:
    parts: list[str] = []
    current: _Place | None = place
    while current is not None:
        part, current = current
        parts.append(_part(part, first=current is None))
    parts.reverse()
    return "".join(parts if len(parts) <= _SHOWN_PARTS else [*parts[:_SHOWN_PARTS], "..."])


def _part(part: object, *, first: bool) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    text = str(part)
    text = text if len(text) <= _SHOWN_KEY or first else text[:_SHOWN_KEY] + "..."
    return text if first else f".{text}"


def to_script(value: Json, record: Callable[[dict[str, Json]], object]) -> object:
    """What the script sees of the host's JSON: {"$date": ms} is a datetime, {"$record": ...} a record."""
    if type(value) is list:
        return [to_script(item, record) for item in value]
    if type(value) is not dict:
        return value
    if len(value) == 1:
        if type(date := value.get("$date")) is int:
            return DateTime.from_ms(date)
        if type(raw := value.get("$record")) is dict:
            return record({key: to_script(item, record) for key, item in raw.items()})
    return {key: to_script(item, record) for key, item in value.items()}
