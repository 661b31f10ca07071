"""What is to be done for one schedule now: which runs to make, which to leave out, when to look again. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.schedule import recurrence
from engine.schedule.model import Missed, Outcome, Overlap, Schedule

# How soon a run that waits for the job of an earlier one is looked at again.
WAIT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is due, and what becomes of it: MADE is still to be made."""

    due_at: datetime
    outcome: Outcome
    until_at: datetime | None = None


@dataclass(slots=True)
class Turn:
    """The runs of one look at a schedule, and the times that it leaves."""

    runs: list[Run] = field(default_factory=list)
    next_at: datetime | None = None
    look_at: datetime | None = None

    @property
    def made(self) -> int:
        """How many runs are to be made."""
        return sum(run.outcome is Outcome.MADE for run in self.runs)


def take(schedule: Schedule, now: datetime, *, busy: bool, most: int) -> Turn:
    """The due runs, at most so many; `busy`: the job of an earlier run lives."""
    turn, overlap = Turn(next_at=schedule.next_at), schedule.plan.overlap
    while (due := turn.next_at) is not None and len(turn.runs) < most and _made_at(schedule, due) <= now:
        if (missed := _missed(schedule, due, now)) is not None:
            turn.runs.append(missed[0])
            turn.next_at = missed[1]
            continue
        runs = busy or turn.made > 0
        if runs and overlap is Overlap.WAIT:
            turn.look_at = now + WAIT
            return turn
        turn.runs.append(Run(due, Outcome.OVERLAPPED if runs and overlap is Overlap.SKIP else Outcome.MADE))
        turn.next_at = None if _used_up(schedule, turn.made) else _bounded(schedule, due)
    turn.look_at = look_at(schedule, turn.next_at, now)
    return turn


def first(schedule: Schedule, now: datetime) -> datetime | None:
    """The next run of a schedule that is new, was changed or goes on: the first after now, and after all that were."""
    if schedule.plan.paused or _used_up(schedule, 0):
        return None
    last = schedule.last_due_at
    return _bounded(schedule, now if last is None else max(now, last))


def look_at(schedule: Schedule, next_at: datetime | None, now: datetime) -> datetime | None:
    """When a scheduler must look for a run that is due then.

    Never before now: schedules with many runs to catch up with take turns with the others.
    """
    return None if next_at is None else max(now, _made_at(schedule, next_at))


def _made_at(schedule: Schedule, due: datetime) -> datetime:
    return due + recurrence.jitter(schedule.id, due, schedule.plan.jitter_ms)


def _missed(schedule: Schedule, due: datetime, now: datetime) -> tuple[Run, datetime | None] | None:
    """The runs from this one on that are left out because their time has passed, and the run after them; or None.

    With ONCE the last of them is made for them all.
    """
    plan, rule = schedule.plan, recurrence.of(schedule)
    limit = now - timedelta(milliseconds=plan.missed_after_ms + plan.jitter_ms)
    if plan.missed is Missed.ALL or due >= limit:
        return None
    last = max(due, rule.last_until(limit if plan.end_at is None else min(limit, plan.end_at)) or due)
    if plan.missed is Missed.SKIP:
        return Run(due, Outcome.MISSED, last), _bounded(schedule, last)
    if last == due:
        return None
    return Run(due, Outcome.MISSED, rule.last_until(last - timedelta(microseconds=1))), last


def _bounded(schedule: Schedule, after: datetime) -> datetime | None:
    """The first time after this one, unless that is behind the schedule's end."""
    due, end = recurrence.of(schedule).next_after(after), schedule.plan.end_at
    return None if due is None or (end is not None and due > end) else due


def _used_up(schedule: Schedule, more: int) -> bool:
    """Whether so many runs more are all that it may have."""
    return 0 < schedule.plan.executions <= schedule.executed + more
