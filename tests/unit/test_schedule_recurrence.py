"""When runs are due, also on the days on which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BadRequest
from engine.ids import new_id
from engine.schedule.recurrence import Cron, Every, check_cron, check_timezone, jitter

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    """A time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(rule: Cron | Every, after: datetime, count: int) -> list[str]:
    """The next times, in UTC."""
    found = []
    for _ in range(count):
        due = rule.next_after(after)
        assert due is not None
        assert due > after
        found.append(due.isoformat()[:19])
        after = due
    return found


def test_an_interval_counts_from_its_anchor() -> None:
    """The first time is the anchor, then every step, wherever one asks from."""
    rule = Every(at("2026-01-01T00:00:00"), timedelta(seconds=90))
    assert times(rule, at("2025-06-01T00:00:00"), 2) == ["2026-01-01T00:00:00", "2026-01-01T00:01:30"]
    assert times(rule, at("2026-01-01T00:02:00"), 1) == ["2026-01-01T00:03:00"]
    assert rule.last_until(at("2025-12-31T00:00:00")) is None
    assert rule.last_until(at("2026-01-01T00:02:59")) == at("2026-01-01T00:01:30")


def test_six_fields_begin_with_seconds() -> None:
    """`*/20 * * * * *` is every twenty seconds."""
    rule = Cron("*/20 * * * * *", ZoneInfo("UTC"))
    assert times(rule, at("2026-01-01T00:00:05.5"), 3) == [
        "2026-01-01T00:00:20",
        "2026-01-01T00:00:40",
        "2026-01-01T00:01:00",
    ]


def test_a_skipped_hour_s_run_comes_right_after_it() -> None:
    """On 29 March 2026 02:30 does not exist in Berlin: that day's run is at 03:00 summer time, once."""
    rule = Cron("30 2 * * *", BERLIN)
    assert times(rule, at("2026-03-27T12:00:00"), 3) == [
        "2026-03-28T01:30:00",
        "2026-03-29T01:00:00",
        "2026-03-30T00:30:00",
    ]


def test_a_repeated_hour_s_run_comes_once() -> None:
    """On 25 October 2026 02:30 comes twice in Berlin: the run is at the first one, also seen from between the two."""
    rule = Cron("30 2 * * *", BERLIN)
    assert times(rule, at("2026-10-24T12:00:00"), 2) == ["2026-10-25T00:30:00", "2026-10-26T01:30:00"]
    assert times(rule, at("2026-10-25T01:10:00"), 1) == ["2026-10-26T01:30:00"]
    assert rule.last_until(at("2026-10-25T01:10:00")) == at("2026-10-25T00:30:00")


def test_runs_every_so_many_minutes_do_not_mind_summer_time() -> None:
    """Every half hour stays every half hour through both changes."""
    rule = Cron("*/30 * * * *", BERLIN)
    for day in ("2026-03-29T00:10:00", "2026-10-25T00:10:00"):
        found = [datetime.fromisoformat(text) for text in times(rule, at(day), 6)]
        assert {b - a for a, b in pairwise(found)} == {timedelta(minutes=30)}


def test_nothing_is_due_before_the_start() -> None:
    """A start is the first time that can be due, in either direction."""
    rule = Cron("0 * * * *", ZoneInfo("UTC"), start=at("2026-01-01T10:00:00"))
    assert times(rule, at("2026-01-01T00:00:00"), 1) == ["2026-01-01T10:00:00"]
    assert rule.last_until(at("2026-01-01T09:30:00")) is None
    assert rule.last_until(at("2026-01-01T10:00:00")) == at("2026-01-01T10:00:00")


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["30 2 * * *", "0 3 * * *", "15,45 2 * * *", "*/7 * * * *", "5 */2 * * *", "*/40 * * * * *"]),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    st.datetimes(datetime(2026, 3, 1), datetime(2026, 11, 30)),
)
def test_backwards_is_forwards(expression: str, zone: str, moment: datetime) -> None:
    """The last time until a moment is one after which nothing is due until then, on any day of a year."""
    rule, now = Cron(expression, ZoneInfo(zone)), moment.replace(tzinfo=UTC)
    last = rule.last_until(now)
    assert last is not None
    assert last <= now
    following = rule.next_after(last)
    assert following is not None
    assert following > now


def test_jitter_is_the_same_for_everybody() -> None:
    """It depends on the schedule and the run alone, and stays within its bound."""
    one, due = new_id(), at("2026-01-01T00:00:00")
    spread = {jitter(one, due + timedelta(seconds=n), 1000) for n in range(50)}
    assert jitter(one, due, 1000) == jitter(one, due, 1000)
    assert len(spread) > 20
    assert all(timedelta() <= value <= timedelta(seconds=1) for value in spread)
    assert jitter(one, due, 0) == timedelta()


@pytest.mark.parametrize("text", ["", "daily", "* * * *", "61 * * * *", "* * * * * * *", "0 0 30 2 *", 5, "1 " * 200])
def test_what_is_no_expression_is_refused(text: object) -> None:
    """The error names the field and says what an expression looks like."""
    with pytest.raises(BadRequest, match=r"cron: .* is not allowed; expected a cron expression"):
        check_cron("cron", text)


@pytest.mark.parametrize("text", ["", "Europe/Nowhere", "../etc/passwd", 5, None, "UTC\0"])
def test_what_is_no_time_zone_is_refused(text: object) -> None:
    """The error names the field and gives examples."""
    with pytest.raises(BadRequest, match=r"timezone: .* is not allowed; expected a time zone"):
        check_timezone("timezone", text)
