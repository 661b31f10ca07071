"""The words of schedules as frozen values. No I/O.

Seed 004 (Ductape) has tag, event_type, event_tag, executions and intervals; time zones, bounds and policies are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID


class EventType(StrEnum):
    """What a run starts; the first five are seed 004's, the last is what listeners of an app are started by."""

    ACTION = "ACTION"
    FUNCTION = "FUNCTION"
    NOTIFICATION = "NOTIFICATION"
    DATABASE_ACTION = "DATABASE_ACTION"
    MESSAGEBROKER = "MESSAGEBROKER"
    LISTENER = "LISTENER"


# Schedules of listeners are an app's own, of its app.toml.
MAKEABLE = tuple(kind for kind in EventType if kind is not EventType.LISTENER)


class Missed(StrEnum):
    """What becomes of runs that nobody was there to make in time: none of them, the last one, or all."""

    SKIP = "skip"
    ONCE = "once"
    ALL = "all"


class Overlap(StrEnum):
    """What becomes of a run while the job of an earlier one lives: it is made, left out, or waits for its end."""

    ALLOW = "allow"
    SKIP = "skip"
    WAIT = "wait"


class Origin(StrEnum):
    """Who made the schedule: a caller of the API, or the app's app.toml, which alone may change it then."""

    CALLER = "caller"
    APP = "app"


class Outcome(StrEnum):
    """What became of a run."""

    MADE = "made"
    MISSED = "missed"
    OVERLAPPED = "overlapped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What somebody asks to be run, and when. Either `cron` or `interval_ms`; `executions` 0 is without end.

    `event_tag` names the action (`report`, `companies.check`), the script (`actions/report.js`) or the handler, or the
    listener. `query` chooses the records of an entity's action; `options` are those of any job. A run that is made more
    than `missed_after_ms` (and the jitter) late was missed.
    """

    tag: str
    name: str
    event_type: EventType
    event_tag: str
    params: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    cron: str | None = None
    timezone: str = "UTC"
    interval_ms: int | None = None
    executions: int = 0
    start_at: datetime | None = None
    end_at: datetime | None = None
    jitter_ms: int = 0
    missed: Missed = Missed.ONCE
    missed_after_ms: int = 60_000
    overlap: Overlap = Overlap.ALLOW
    paused: bool = False


# What decides when runs are due: a change of one of these sets the next run anew.
TIMING = ("cron", "timezone", "interval_ms", "executions", "start_at", "end_at", "jitter_ms", "paused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A schedule as it was when it was read. `next_at` is null when there is no further run, or it is paused."""

    id: UUID
    app: str
    origin: Origin
    plan: Plan
    run_by: str | None
    executed: int
    anchor_at: datetime
    last_due_at: datetime | None
    next_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Schedule:
        """A schedule from a row of headrace.schedules."""
        kinds: dict[str, Any] = {"event_type": EventType, "missed": Missed, "overlap": Overlap}
        plan = {item.name: kinds.get(item.name, _same)(row[item.name]) for item in fields(Plan)}
        own = {item.name: row[item.name] for item in fields(cls) if item.name not in ("plan", "origin")}
        return cls(plan=Plan(**plan), origin=Origin(row["origin"]), **own)

    @property
    def state(self) -> Literal["active", "paused", "ended"]:
        """active, paused, or ended: no further run is due."""
        if self.plan.paused:
            return "paused"
        return "active" if self.next_at is not None else "ended"


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class RunRow:
    """What became of a run. `until_at` is the last of the missed runs that this row stands for."""

    due_at: datetime
    outcome: Outcome
    job_id: UUID | None
    until_at: datetime | None
    error: str | None
    at: datetime
