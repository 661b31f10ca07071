"""Times, durations, parameters and tables of the command line."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.cli import params
from engine.cli.output import flat, plain
from engine.cli.table import columns, cut, table
from engine.cli.words import duration, duration_ms, local, to_ms
from engine.errors import BadRequest

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def an_hour_ahead() -> Iterator[None]:
    """A zone that is not UTC, so that local times show."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "CET-1"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1000, "1.0 s"),
        (59_949, "59.9 s"),
        (59_999, "1m"),
        (60_000, "1m"),
        (200_000, "3m 20s"),
        (3_600_000, "1h"),
        (3_660_000, "1h 1m"),
        (100_000_000, "1d 3h"),
    ],
)
def test_a_duration_has_at_most_two_units(ms: int, text: str) -> None:
    """Short ones are exact, long ones readable."""
    assert duration(ms) == text


def test_a_time_is_local_with_the_date_where_it_is_not_today() -> None:
    """The zone of the tests is an hour ahead of UTC."""
    assert local(NOW, NOW) == "13:00:00"
    assert local(datetime(2026, 11, 24, 23, 30, tzinfo=UTC), NOW) == "00:30:00"
    assert local(datetime(2026, 11, 24, 22, 30, tzinfo=UTC), NOW) == "2026-11-24 23:30:00"
    assert local(None, NOW) == "-"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("0", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2026-11-25T09:30", datetime(2026, 11, 25, 8, 30, tzinfo=UTC)),
        ("2026-11-25 09:30:00+00:00", datetime(2026, 11, 25, 9, 30, tzinfo=UTC)),
        ("2026-11-25", datetime(2026, 11, 24, 23, 0, tzinfo=UTC)),
        ("today", datetime(2026, 11, 24, 23, 0, tzinfo=UTC)),
        ("yesterday", datetime(2026, 11, 23, 23, 0, tzinfo=UTC)),
        ("2h 30m", datetime(2026, 11, 25, 9, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_taken_in_every_form_that_people_type(text: str, at: datetime) -> None:
    """ms, ISO 8601 in this machine's zone or with an offset, days, and how long ago."""
    assert to_ms("--from", text, NOW) == round(at.timestamp() * 1000)


@pytest.mark.parametrize(("text", "ms"), [("0", 0), ("1500", 1500), ("90s", 90_000), ("2h 30m", 9_000_000)])
def test_a_duration_is_taken_as_ms_or_with_units(text: str, ms: int) -> None:
    """Milliseconds, as everywhere in the API, or units."""
    assert duration_ms("--delay", text) == ms


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("n=3", 3),
        ("n=3.5", 3.5),
        ("n=true", True),
        ("n=null", None),
        ("n=[1, 2]", [1, 2]),
        ('n={"a": "b"}', {"a": "b"}),
        ('n="04109"', "04109"),
        ("n=04109", "04109"),
        ("n=draft", "draft"),
        ("n=", ""),
        ("n=a=b", "a=b"),
        ("n=NaN", "NaN"),
        ("n=-Infinity", "-Infinity"),
        ("n={broken", "{broken"),
    ],
)
def test_a_parameter_is_json_where_it_can_be(word: str, value: Any) -> None:
    """JSON if the value is JSON, else the text as it is; NaN is no JSON."""
    assert params.parse([word]) == {"n": value}


def test_parameters_come_once() -> None:
    """The second value of a key is refused, even if it is the same."""
    with pytest.raises(BadRequest, match="'n' was given before"):
        params.parse(["n=1", "n=1"])


def test_columns_align_whatever_the_script() -> None:
    """Wide and combining characters take the columns that terminals give them."""
    assert (columns("ab"), columns("日本"), columns("e\u0301")) == (2, 4, 1)
    lines = table(["A", "N", "C"], [["日本", "1", "x"], ["ab", "22", "y"]], right=[1])
    assert lines == ["A      N  C", "日本   1  x", "ab    22  y"]


def test_the_last_column_is_cut_to_the_terminal() -> None:
    """A long label does not break the lines of a table."""
    lines = table(["ID", "LABEL"], [["1", "a label that is too long"]], width=16)
    assert lines[1] == "1   a label tha…"
    assert cut("日本語", 4) == "日…"


def test_texts_of_scripts_cannot_drive_the_terminal() -> None:
    """Escape sequences are shown, not obeyed."""
    assert plain("a\x1b[2Jb\tc\nd\x9b") == "a\\x1b[2Jb\tc\nd\\x9b"
    assert flat("a\tb\nc") == "a b⏎c"
