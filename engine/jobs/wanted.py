"""Which jobs a query wants: a checked value, and what follows from it about ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, not_

from engine.ids import floor_id
from engine.jobs import filters
from engine.model import JobType, Status

# A type, a status, errors or none: what the jobs of one stream of the history have in common.
Cell = tuple[JobType, Status, bool]
# Most jobs; headrace.is_ordinary says the same.
ORDINARY: Cell = (JobType.HANDLER, Status.FINISHED, False)

# headrace.job_pace: how long jobs of a pace take from creation to end, in ms.
_PACES_MS = {0: 60_000, 1: 3_600_000, 2: 24 * 3_600_000, 3: 30 * 24 * 3_600_000}
_LONGEST_PACE = 4
# Jobs that started or ended longer than this before their creation, by other clocks.
_CLOCKS_PACE, _CLOCKS_MS = -1, 1000
# The time in an id and that of creation are taken one after the other.
_ID_MS = 1000
_FIRST, _LAST = UUID(int=0), UUID(int=(1 << 128) - 1)


@dataclass(frozen=True, slots=True)
class Span:
    """From and to, in ms since the epoch, both inclusive."""

    since: int | None = None
    until: int | None = None

    @property
    def first(self) -> datetime | None:
        """The first moment that it has."""
        return None if self.since is None else filters.at(self.since)

    @property
    def end(self) -> datetime | None:
        """The moment after the last that it has."""
        return None if self.until is None else filters.end_of(self.until)

    def holds(self, moment: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        """The conditions on a column of time."""
        since = [] if self.since is None else [moment >= self.first]
        return since if self.until is None else [*since, moment < self.end]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Types, statuses and errors, each if it is given; ids from `low` up to but not `high`; starts and ends."""

    types: tuple[JobType, ...] | None = None
    statuses: tuple[Status, ...] | None = None
    has_errors: bool | None = None
    low: UUID = _FIRST
    high: UUID = _LAST
    started: Span = Span()
    ended: Span = Span()

    def between(self, low: UUID, high: UUID) -> Wanted:
        """Those of them whose ids are in this range."""
        return replace(self, low=max(self.low, low), high=min(self.high, high))

    def before(self, job_id: UUID) -> Wanted:
        """Those of them that were created before the job."""
        return self.between(_FIRST, job_id)

    @property
    def live(self) -> bool:
        """Whether jobs that are not over can match."""
        return self.statuses is None or any(not status.is_final for status in self.statuses)

    @property
    def final(self) -> list[Status]:
        """The statuses of the history that match."""
        return [status for status in Status if status.is_final and (self.statuses is None or status in self.statuses)]

    @property
    def kinds_given(self) -> bool:
        """Whether type, status or errors exclude any job."""
        return (self.types, self.statuses, self.has_errors) != (None, None, None)

    def cells(self) -> list[Cell]:
        """What jobs of the history that match can be."""
        errors = (False, True) if self.has_errors is None else (self.has_errors,)
        return list(product(self.types or tuple(JobType), self.final, errors))

    @property
    def near(self) -> Wanted:
        """Those of them that were created about when they started and ended: where all of pace 0 are."""
        since, until = self._since_ms, self._until_ms
        low = _FIRST if since is None else floor_id(since - _PACES_MS[0] - _ID_MS)
        return self.between(low, _LAST if until is None else floor_id(until + _CLOCKS_MS + _ID_MS))

    def far(self) -> Iterator[tuple[int, Wanted]]:
        """The others by their pace: those of a pace began no longer ago than it takes."""
        since, until = self._since_ms, self._until_ms
        if since is not None or until is not None:
            yield _CLOCKS_PACE, self
        if since is not None:
            older = self.before(self.near.low)
            for pace in range(1, _LONGEST_PACE):
                yield pace, older.between(floor_id(since - _PACES_MS[pace] - _ID_MS), _LAST)
            yield _LONGEST_PACE, older

    @property
    def _since_ms(self) -> int | None:
        """None of them was over before this."""
        return max((span.since for span in (self.started, self.ended) if span.since is not None), default=None)

    @property
    def _until_ms(self) -> int | None:
        """Each of them had started or ended by then."""
        return min((span.until for span in (self.started, self.ended) if span.until is not None), default=None)

    def kinds(self, table: Any) -> list[ColumnElement[bool]]:
        """The conditions on type, status and errors."""
        where: list[ColumnElement[bool]] = []
        if self.types is not None:
            where.append(table.c.type.in_([kind.value for kind in self.types]))
        if self.statuses is not None:
            where.append(table.c.status.in_([status.value for status in self.statuses]))
        if self.has_errors is not None:
            where.append(table.c.has_errors if self.has_errors else not_(table.c.has_errors))
        return where

    def times(self, table: Any) -> list[ColumnElement[bool]]:
        """The conditions on start and end."""
        return self.started.holds(table.c.started_at) + self.ended.holds(table.c.ended_at)

    def ids(self, key: Any, cast: Any = lambda bound: bound) -> list[ColumnElement[bool]]:
        """The conditions on the id."""
        low = [key >= cast(self.low)] if self.low > _FIRST else []
        return [*low, key < cast(self.high)] if self.high < _LAST else low
