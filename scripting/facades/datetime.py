"""`datetime`, on the script's own clock. Every datetime is aware and in UTC unless it says otherwise,
so that any two of them compare.
"""

# ruff: noqa: N802 - the names are those of the scripting API
from __future__ import annotations

import datetime as real
import importlib
from collections.abc import Mapping
from typing import Self

from scripting.facades.namespace import Context, Kind, Namespace

# strptime imports it on first use, which a locked child cannot.
importlib.import_module("_strptime")

_EPOCH = real.datetime(1970, 1, 1, tzinfo=real.UTC)
_MILLISECOND = real.timedelta(milliseconds=1)


class DateTime(real.datetime):
    """A point in time; also offers what a script's twin in JavaScript calls."""

    def __new__(
        cls,
        year: int,
        month: int,
        day: int,
        hour: int = 0,
        minute: int = 0,
        second: int = 0,
        microsecond: int = 0,
        tzinfo: real.tzinfo | None = None,
        *,
        fold: int = 0,
    ) -> Self:
        zone = tzinfo or real.UTC
        return super().__new__(cls, year, month, day, hour, minute, second, microsecond, zone, fold=fold)

    @classmethod
    def from_ms(cls, milliseconds: int) -> DateTime:
        """The point in time so many milliseconds after 1970-01-01T00:00Z; OverflowError beyond the year 9999."""
        moment = _EPOCH + milliseconds * _MILLISECOND
        return cls.combine(moment.date(), moment.time(), real.UTC)

    def getTime(self) -> int:
        """Milliseconds since 1970-01-01T00:00Z."""
        since: real.timedelta = real.datetime.__sub__(self, _EPOCH)
        return since // _MILLISECOND

    def toISOString(self) -> str:
        """As `Date.toISOString`: in UTC, with milliseconds and Z."""
        utc = super().astimezone(real.UTC).replace(tzinfo=None)
        return real.datetime.isoformat(utc, timespec="milliseconds").removesuffix("+00:00") + "Z"

    def astimezone(self, tz: real.tzinfo | None = None) -> Self:
        """In another zone; UTC where none is given, for there is no local zone."""
        return super().astimezone(tz or real.UTC)


_DATE = frozenset({
    "year", "month", "day", "replace", "weekday", "isoweekday", "isocalendar", "isoformat", "strftime", "toordinal",
})  # fmt: skip
_TIME = frozenset({"hour", "minute", "second", "microsecond", "tzinfo", "fold", "replace", "isoformat", "strftime"})

ATTRIBUTES: Mapping[type, frozenset[str]] = {
    DateTime: _DATE
    | _TIME
    | {"date", "time", "timestamp", "astimezone", "utcoffset", "tzname", "getTime", "toISOString"},
    real.date: _DATE,
    real.time: _TIME | {"utcoffset", "tzname"},
    real.timedelta: frozenset({"days", "seconds", "microseconds", "total_seconds"}),
    real.timezone: frozenset({"utcoffset", "tzname"}),
    type(real.date(2000, 1, 1).isocalendar()): frozenset({"year", "week", "weekday"}),
}
CLASS_ATTRIBUTES: Mapping[type, frozenset[str]] = {
    real.time: frozenset({"fromisoformat", "min", "max"}),
    real.timedelta: frozenset({"min", "max", "resolution"}),
    real.timezone: frozenset({"utc"}),
}


def module(context: Context) -> Namespace:
    """The module `datetime` of one run."""
    return Namespace(
        "datetime",
        {
            "datetime": _datetime(context),
            "date": _date(context),
            "time": real.time,
            "timedelta": real.timedelta,
            "timezone": real.timezone,
            "UTC": real.UTC,
            "MINYEAR": real.MINYEAR,
            "MAXYEAR": real.MAXYEAR,
        },
    )


def _datetime(context: Context) -> Kind:
    def now(tz: real.tzinfo | None = None) -> DateTime:
        return DateTime.from_ms(context.host.now_ms()).astimezone(tz)

    def fromtimestamp(timestamp: float, tz: real.tzinfo | None = None) -> DateTime:
        return DateTime.fromtimestamp(timestamp, tz or real.UTC)

    members = {
        "now": now,
        "utcnow": lambda: now(),
        "today": lambda: now(),
        "fromtimestamp": fromtimestamp,
        "utcfromtimestamp": lambda timestamp: fromtimestamp(timestamp),
        "fromisoformat": DateTime.fromisoformat,
        "fromordinal": DateTime.fromordinal,
        "fromisocalendar": DateTime.fromisocalendar,
        "strptime": DateTime.strptime,
        "combine": DateTime.combine,
        "min": DateTime(1, 1, 1),
        "max": DateTime(9999, 12, 31, 23, 59, 59, 999999),
    }
    return Kind("datetime", DateTime, DateTime, members)


def _date(context: Context) -> Kind:
    members = {
        "today": lambda: DateTime.from_ms(context.host.now_ms()).date(),
        "fromtimestamp": lambda timestamp: DateTime.fromtimestamp(timestamp, real.UTC).date(),
        "fromisoformat": real.date.fromisoformat,
        "fromordinal": real.date.fromordinal,
        "fromisocalendar": real.date.fromisocalendar,
        "min": real.date.min,
        "max": real.date.max,
    }
    return Kind("date", real.date, real.date, members)
