"""What one look at a schedule decides: runs made, missed and overlapping, and the next time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from engine.ids import new_id
from engine.schedule import turn
from engine.schedule.model import EventType, Missed, Origin, Outcome, Overlap, Plan, Schedule

T0 = datetime(2026, 1, 1, tzinfo=UTC)


def minute(number: float) -> datetime:
    return T0 + timedelta(minutes=number)


def schedule(*, executed: int = 0, next_at: datetime | None = T0, **plan: Any) -> Schedule:
    """A schedule of one run a minute, the next one due at T0."""
    given = {"interval_ms": 60_000, **plan}
    return Schedule(
        id=new_id(),
        app="crm",
        origin=Origin.CALLER,
        plan=Plan(tag="t", name="T", event_type=EventType.FUNCTION, event_tag="f", **given),
        run_by=None,
        executed=executed,
        anchor_at=T0,
        last_due_at=None,
        next_at=next_at,
        created_at=T0,
        updated_at=T0,
    )


def take(one: Schedule, now: datetime, *, busy: bool = False, most: int = 100) -> turn.Turn:
    return turn.take(one, now, busy=busy, most=most)


def shown(found: turn.Turn) -> list[tuple[str, float]]:
    return [(run.outcome.value, (run.due_at - T0) / timedelta(minutes=1)) for run in found.runs]


def test_nothing_is_made_before_its_time() -> None:
    """A run that is not due stays, and is looked at when it is."""
    found = take(schedule(), T0 - timedelta(seconds=1))
    assert (found.runs, found.next_at, found.look_at) == ([], T0, T0)


def test_a_due_run_is_made_and_the_next_one_set() -> None:
    """The next time follows from the rule, not from when somebody looked."""
    found = take(schedule(), minute(0.5))
    assert shown(found) == [("made", 0)]
    assert (found.next_at, found.look_at) == (minute(1), minute(1))


def test_missed_all_makes_every_run_in_pieces() -> None:
    """A backlog is made in pieces of the bound; in between the others have their turn."""
    one = schedule(missed=Missed.ALL)
    found = take(one, minute(10), most=4)
    assert shown(found) == [("made", 0), ("made", 1), ("made", 2), ("made", 3)]
    assert (found.next_at, found.look_at) == (minute(4), minute(10))


def test_missed_skip_leaves_out_what_is_too_late() -> None:
    """One row stands for all that were missed; what is late within the tolerance is made."""
    found = take(schedule(missed=Missed.SKIP, missed_after_ms=90_000), minute(10))
    assert shown(found) == [("missed", 0), ("made", 9), ("made", 10)]
    assert found.runs[0].until_at == minute(8)
    assert found.next_at == minute(11)


def test_missed_once_makes_the_last_for_all() -> None:
    """Of those that were missed only the last is made."""
    found = take(schedule(missed=Missed.ONCE, missed_after_ms=90_000), minute(10))
    assert shown(found) == [("missed", 0), ("made", 8), ("made", 9), ("made", 10)]
    assert found.runs[0].until_at == minute(7)


def test_one_missed_run_is_made_once() -> None:
    """A single run that was missed has no row of missed ones beside it."""
    found = take(schedule(interval_ms=3_600_000, missed=Missed.ONCE), minute(30))
    assert shown(found) == [("made", 0)]


def test_overlap_skip_leaves_out_runs_while_a_job_lives() -> None:
    """Also the second of two runs that are due at once overlaps the first."""
    late = {"overlap": Overlap.SKIP, "missed_after_ms": 600_000}
    assert shown(take(schedule(**late), minute(1), busy=True)) == [("overlapped", 0), ("overlapped", 1)]
    assert shown(take(schedule(**late), minute(1))) == [("made", 0), ("overlapped", 1)]


def test_overlap_wait_keeps_the_run() -> None:
    """Nothing moves, and it is looked at again soon."""
    one = schedule(overlap=Overlap.WAIT)
    found = take(one, minute(0.5), busy=True)
    assert (found.runs, found.next_at, found.look_at) == ([], T0, minute(0.5) + turn.WAIT)
    found = take(one, minute(1))
    assert shown(found) == [("made", 0)]
    assert found.next_at == minute(1)


def test_executions_end_a_schedule() -> None:
    """After the last of them no run is due; 0 is without end."""
    found = take(schedule(executions=3, executed=1, missed=Missed.ALL), minute(10))
    assert shown(found) == [("made", 0), ("made", 1)]
    assert (found.next_at, found.look_at) == (None, None)
    assert turn.first(schedule(executions=3, executed=3), T0) is None
    assert turn.first(schedule(executions=0, executed=3), T0) == minute(1)


def test_runs_left_out_do_not_count_as_executions() -> None:
    """Only runs that were made are counted down."""
    found = take(schedule(executions=1, missed=Missed.SKIP), minute(10.5))
    assert shown(found)[-1] == ("made", 10)
    assert found.next_at is None


def test_an_end_ends_a_schedule() -> None:
    """A run at the end is made, none behind it, whatever the policy."""
    for policy in Missed:
        found = take(schedule(end_at=minute(2), missed=policy), minute(30))
        assert found.next_at is None
        assert max(run.until_at or run.due_at for run in found.runs) == minute(2)
        assert (found.runs[-1].outcome is Outcome.MISSED) is (policy is Missed.SKIP)


def test_jitter_delays_a_run_and_not_the_rule() -> None:
    """A run is looked at up to the jitter later; the times of the rule stay."""
    one = schedule(jitter_ms=30_000, next_at=minute(1))
    when = turn.look_at(one, minute(1), T0)
    assert when is not None
    assert minute(1) <= when <= minute(1.5)
    assert shown(take(one, when)) == [("made", 1)]
    assert take(one, when).next_at == minute(2)


def test_a_paused_schedule_has_no_next_run() -> None:
    """It gets one when it goes on: the first after then, and after all that were made."""
    assert turn.first(schedule(paused=True), T0) is None
    assert turn.first(schedule(), minute(5.5)) == minute(6)
