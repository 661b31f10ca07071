"""When runs are due: at an interval from an anchor, or by a cron expression in a time zone.

cronsim reads the expressions (five fields, or six with the seconds first). On days when clocks change it does as
Debian's cron: a run at a fixed time of a skipped hour comes right after it, one of a repeated hour comes once; runs
every so many minutes or hours go on by the clock on the wall.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from engine.errors import BadRequest
from engine.schedule.model import Schedule

_CRON = "a cron expression such as '0 3 * * *' (minute hour day month weekday), or six fields with the seconds first"
# More fields than any calendar needs; a longer text is no expression.
_LONGEST = 200


class Recurrence(Protocol):
    """A rule whose times never change."""

    def next_after(self, at: datetime) -> datetime | None:
        """The first time after `at`; None if there is none."""

    def last_until(self, at: datetime) -> datetime | None:
        """The last time at or before `at`; None if there is none."""


@dataclass(frozen=True, slots=True)
class Every:
    """`anchor`, and then every `step`."""

    anchor: datetime
    step: timedelta

    def next_after(self, at: datetime) -> datetime | None:
        """The first time after `at`."""
        if at < self.anchor:
            return self.anchor
        return _within(self.anchor, ((at - self.anchor) // self.step + 1) * self.step)

    def last_until(self, at: datetime) -> datetime | None:
        """The last time at or before `at`."""
        return None if at < self.anchor else self.anchor + (at - self.anchor) // self.step * self.step


@dataclass(frozen=True, slots=True)
class Cron:
    """The times of a cron expression in a zone, none before `start`."""

    expression: str
    zone: ZoneInfo
    start: datetime | None = None

    def next_after(self, at: datetime) -> datetime | None:
        """The first time after `at`, in the next 50 years."""
        if self.start is not None and at < self.start:
            at = self.start - timedelta(microseconds=1)
        for found in CronSim(self.expression, at.astimezone(self.zone)):
            # In the second of two equal hours cronsim may name a time of the first one.
            if (due := found.astimezone(UTC)) > at:
                return due
        return None

    def last_until(self, at: datetime) -> datetime | None:
        """The last time at or before `at`, in the 50 years before."""
        # cronsim leaves out its very start, unless that has a fraction, which it cuts off.
        start = at if at.microsecond else at + timedelta(microseconds=1)
        for found in CronSim(self.expression, start.astimezone(self.zone), reverse=True):
            if (due := found.astimezone(UTC)) <= at:
                return self._nearer(due, at) if self.start is None or due >= self.start else None
        return None

    def _nearer(self, due: datetime, at: datetime) -> datetime:
        """What comes between the two: backwards, cronsim passes over the first of two equal hours."""
        while (later := self.next_after(due)) is not None and later <= at:
            due = later
        return due


def of(schedule: Schedule) -> Recurrence:
    """The schedule's rule."""
    plan = schedule.plan
    if plan.cron is not None:
        return Cron(plan.cron, ZoneInfo(plan.timezone), plan.start_at)
    assert plan.interval_ms is not None
    return Every(schedule.anchor_at, timedelta(milliseconds=plan.interval_ms))


def jitter(schedule_id: UUID, due: datetime, most_ms: int) -> timedelta:
    """How much later than due the run is made: the same for every process and after every crash."""
    if not most_ms:
        return timedelta()
    digest = hashlib.blake2b(f"{schedule_id} {due.timestamp():.6f}".encode(), digest_size=8).digest()
    return timedelta(milliseconds=int.from_bytes(digest) % (most_ms + 1))


def check_timezone(field: str, value: object) -> str:
    """The value if it names a time zone; else BadRequest."""
    try:
        if isinstance(value, str) and value:
            ZoneInfo(value)
            return value
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise BadRequest.field(field, value, "a time zone such as UTC or Europe/Berlin")


def check_cron(field: str, value: object) -> str:
    """The value if it is a cron expression that is due some day; else BadRequest."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise BadRequest.field(field, value, _CRON)
    try:
        first = next(CronSim(value, datetime(2024, 1, 1, tzinfo=UTC)), None)
    except CronSimError as error:
        raise BadRequest.field(field, value, f"{_CRON}; {str(error).lower()}") from None
    if first is None:
        raise BadRequest.field(field, value, f"{_CRON}; this one is never due")
    return value


def _within(anchor: datetime, distance: timedelta) -> datetime | None:
    try:
        return anchor + distance
    except OverflowError:
        return None
