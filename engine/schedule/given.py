"""What a script says of a schedule, by the names of documents: each refusal names field, value and what is allowed.

The same rules as over HTTP (engine/web/scheduleshapes.py), which a test holds to each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine.errors import BadRequest
from engine.jobs import filters
from engine.model import check_name
from engine.schedule.checks import DAY_MS, MOST_EXECUTIONS, MOST_MS, makeable
from engine.schedule.documents import NAMES
from engine.schedule.model import Missed, Overlap, Plan

Reader = Callable[[str, Any], Any]
# What a plan is without where it is null: these may be taken away again.
NULLS: Mapping[str, Any] = {
    "cron": None,
    "interval": None,
    "start": None,
    "end": None,
    "jitter": 0,
    "options": {},
}
_FIELDS = {shown: name for name, shown in NAMES.items()}


def new_plan(given: object) -> Plan:
    """The plan of a new schedule."""
    fields = _read(_object("schedule", given), set(_READERS))
    for shown in ("tag", "name", "eventType", "eventTag"):
        if _FIELDS[shown] not in fields:
            _READERS[shown](shown, None)
    return Plan(**fields)


def plan_changes(given: object) -> dict[str, Any]:
    """What is to be changed, by the names of the fields of a plan. Pausing has calls of its own."""
    return _read(_object("changes", given), set(_READERS) - {"tag", "paused"})


def _read(given: Mapping[str, Any], allowed: set[str]) -> dict[str, Any]:
    for shown in given:
        if shown not in allowed:
            raise BadRequest.field(shown, given[shown], f"one of the fields {', '.join(sorted(allowed))}")
    return {_FIELDS[shown]: _value(shown, value) for shown, value in given.items()}


def _value(shown: str, value: object) -> Any:
    return NULLS[shown] if value is None and shown in NULLS else _READERS[shown](shown, value)


def _object(field: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadRequest.field(field, value, "an object")
    return value


def _options(field: str, value: object) -> Mapping[str, Any]:
    return {name: chosen for name, chosen in _object(field, value).items() if chosen is not None}


def _text(longest: int) -> Reader:
    return lambda field, value: filters.text(field, value, longest=longest)


def _whole(low: int, high: int) -> Reader:
    return lambda field, value: filters.whole(field, value, low=low, high=high)


def _true(field: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise BadRequest.field(field, value, "true or false")


def _moment(field: str, value: object) -> datetime:
    """A date of the script's, or a text as in JSON over HTTP."""
    if isinstance(value, Mapping):
        return filters.at(filters.milliseconds(field, value))
    if (at := filters.instant(value)) is None:
        raise BadRequest.field(field, value, "a date, or a time such as 2026-11-25T09:30:00.000Z")
    return at


_READERS: Mapping[str, Reader] = {
    "tag": check_name,
    "name": _text(200),
    "eventType": makeable,
    "eventTag": _text(500),
    "params": _object,
    "query": _object,
    "options": _options,
    "cron": _text(200),
    "timezone": _text(200),
    "interval": _whole(100, MOST_MS),
    "executions": _whole(0, MOST_EXECUTIONS),
    "start": _moment,
    "end": _moment,
    "jitter": _whole(0, DAY_MS),
    "missed": lambda field, value: filters.member(field, value, Missed),
    "missedAfter": _whole(0, DAY_MS),
    "overlap": lambda field, value: filters.member(field, value, Overlap),
    "paused": _true,
}
