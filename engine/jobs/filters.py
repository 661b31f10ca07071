"""What a caller's query may say, checked value by value: each refusal names field, value and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from engine.errors import BadRequest

E = TypeVar("E", bound=StrEnum)

MAX_SIZE = 100_000
# The last millisecond that both PostgreSQL and Python can show.
MAX_MS = 253_402_300_799_999

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})\Z", re.ASCII)
_DURATION = re.compile(r"(\d{1,9})\s*(ms|s|m|h|d)")
_LONGEST_PERIOD_MS = 36_600 * 86_400_000
_UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def check_query(query: object, allowed: Collection[str], what: str = "query") -> Mapping[str, Any]:
    """The query if it is an object with allowed keys only; keys whose value is null do not count."""
    if query is None or query == {}:
        return {}
    if not isinstance(query, Mapping):
        raise BadRequest.field(what, query, "an object")
    for key in query:
        if key not in allowed:
            raise BadRequest.field(f"{what}.{key}", query[key], f"one of the keys {', '.join(sorted(allowed))}")
    return {key: value for key, value in query.items() if value is not None}


def comma_list(field: str, value: object, kind: type[E]) -> list[E]:
    """The members that a comma list (or an array) names."""
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or not items:
        raise BadRequest.field(field, value, f"a comma list of {', '.join(kind)}")
    return [member(field, item, kind) for item in items]


def member(field: str, value: object, kind: type[E]) -> E:
    """The member of an enumeration that the text names."""
    for candidate in kind:
        if isinstance(value, str) and value.strip() == candidate.value:
            return candidate
    raise BadRequest.field(field, value, f"one of {', '.join(kind)}")


def whole(field: str, value: object, *, low: int = 0, high: int = MAX_MS) -> int:
    """A whole number in a range; 3.0 counts as 3, true does not count as 1."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadRequest.field(field, value, f"a whole number from {low} to {high}")
    return value


def milliseconds(field: str, value: object) -> int:
    """Milliseconds since the epoch, given as a number or as a date."""
    if isinstance(value, Mapping) and set(value) == {"$date"}:
        value = value["$date"]
    return whole(field, value)


def instant(value: object) -> datetime | None:
    """The time that a text of RFC 3339 names, which has an offset; None if it is none."""
    if isinstance(value, str) and _INSTANT.match(value):
        with suppress(ValueError, OverflowError):
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
    return None


def flag(field: str, value: object) -> bool:
    """true or false, also as text (seed 003's own sample passes 'true')."""
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise BadRequest.field(field, value, "true or false")


def text(field: str, value: object, *, longest: int = 65_536, empty: bool = False) -> str:
    """A text of limited length."""
    if not isinstance(value, str) or len(value) > longest or not (value or empty):
        raise BadRequest.field(field, value, f"a text of {0 if empty else 1} to {longest} characters")
    return value


def period(field: str, value: object, now: datetime) -> tuple[datetime, datetime | None]:
    """From when until when: today, yesterday (UTC), or a duration before now such as '2h 30m' (seed 003, logs)."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if value == "today":
        return midnight, None
    if value == "yesterday":
        return midnight - timedelta(days=1), midnight
    return now - timedelta(milliseconds=duration_ms(field, value)), None


def duration_ms(field: str, value: object) -> int:
    """The milliseconds of a duration such as '2h 30m'."""
    parts = _DURATION.findall(value) if isinstance(value, str) else []
    if not parts or _DURATION.sub("", str(value)).strip():
        raise BadRequest.field(field, value, "today, yesterday, or a duration such as '2h 30m' or '10m'")
    total = sum(int(number) * _UNIT_MS[unit] for number, unit in parts)
    if not 1 <= total <= _LONGEST_PERIOD_MS:
        raise BadRequest.field(field, value, "a duration from 1ms to 36600d")
    return total


def at(ms: int) -> datetime:
    """A time from milliseconds since the epoch."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def end_of(ms: int) -> datetime:
    """The moment after a millisecond: times are kept in microseconds, asked for in milliseconds, so a range that
    ends with one holds all of it."""
    return at(min(ms + 1, MAX_MS))
