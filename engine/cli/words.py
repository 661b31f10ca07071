"""Times and durations as people read and write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from engine.errors import BadRequest
from engine.jobs import filters

_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"))


def duration(ms: int) -> str:
    """`ms` in at most two units: 14 ms, 2.5 s, 3m 20s, 1d 4h."""
    if ms < 1000:
        return f"{ms} ms"
    if ms < 59_950:
        return f"{ms / 1000:.1f} s"
    ms = max(ms, 60_000)
    index = next(index for index, (unit, _) in enumerate(_UNITS) if ms >= unit)
    (big, name), (small, below) = _UNITS[index], _UNITS[index + 1]
    rest = ms % big // small
    return f"{ms // big}{name} {rest}{below}" if rest else f"{ms // big}{name}"


def local(at: datetime | None, now: datetime) -> str:
    """The time in the zone of this machine; the date only where it is not today's."""
    if at is None:
        return "-"
    here, today = at.astimezone(), now.astimezone()
    return f"{here:%H:%M:%S}" if here.date() == today.date() else f"{here:%Y-%m-%d %H:%M:%S}"


def exact(at: datetime | None) -> str:
    """The time in the zone of this machine, to the millisecond, with its offset."""
    return "-" if at is None else at.astimezone().isoformat(sep=" ", timespec="milliseconds")


def to_ms(field: str, text: str, now: datetime) -> int:
    """A time of the command line in ms since the epoch: ms themselves, ISO 8601 (local without an offset),
    today, yesterday, or a duration before now such as 2h or '1d 6h'."""
    if text.isdecimal():
        return filters.whole(field, number(text))
    if (at := _iso(text)) is not None:
        return round(at.timestamp() * 1000)
    if text in ("today", "yesterday"):
        midnight = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        return round((midnight - timedelta(days=text == "yesterday")).timestamp() * 1000)
    try:
        start, _ = filters.period(field, text, now)
    except BadRequest:
        allowed = "ms since the epoch, a time such as 2026-11-25T09:30, today, yesterday, or how long ago, such as 2h"
        raise BadRequest.field(field, text, allowed) from None
    return round(start.timestamp() * 1000)


def _iso(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def duration_ms(field: str, text: str) -> int:
    """A duration of the command line in ms: ms themselves, or such as 90s, '2h 30m'."""
    if text.isdecimal():
        return filters.whole(field, number(text))
    try:
        return filters.duration_ms(field, text)
    except BadRequest:
        raise BadRequest.field(field, text, "milliseconds, or a duration such as 90s or '2h 30m'") from None


def number(text: str) -> int | str:
    """The whole number that the text is, or the text, for whoever says what is allowed."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 20 else text
