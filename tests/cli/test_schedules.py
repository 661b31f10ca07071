"""`headrace schedule …`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Call, write_app

MANIFEST = '[app]\nname = "shop"\n\n[actions.report]\nscript = "actions/report.js"\n'
APP = ("--app", "shop")


@pytest.fixture
def shop(on_database: Call, tmp_path: Path) -> Call:
    """The command, with an app pushed."""
    folder = write_app(tmp_path / "shop", MANIFEST, {"actions/report.js": "return 1"})
    assert on_database("push", str(folder)).code == 0
    return on_database


def test_a_schedule_lives_on_the_command_line(shop: Call) -> None:
    """Created, listed, changed, paused, resumed, removed."""
    made = shop(
        *("schedule", "create", "nightly", "ACTION", "report", *APP, "--cron", "0 3 * * *", "--timezone"),
        *("Europe/Berlin", "--executions", "5", "--overlap", "skip", "--param", "year=2026", "--json"),
    ).document
    assert (made["eventTag"], made["executions"], made["params"]) == ("report", 5, {"year": 2026})
    listed = shop("schedule", "list", *APP).out
    assert "nightly" in listed
    assert "0 3 * * * Europe/Berlin" in listed
    assert "0/5" in listed
    another = ("--every", "2h 30m", "--event", "actions/report.js", "--type", "FUNCTION")
    changed = shop("schedule", "update", "nightly", *APP, *another)
    assert "every 2h 30m" in changed.out
    assert "FUNCTION actions/report.js" in changed.out
    assert shop("schedule", "pause", "nightly", *APP, "--json").document["state"] == "paused"
    assert shop("schedule", "resume", "nightly", *APP, "--json").document["state"] == "active"
    assert "has had no runs" in shop("schedule", "runs", "nightly", *APP).err
    assert shop("schedule", "remove", "nightly", *APP).out == "nightly removed\n"
    assert "has no schedules" in shop("schedule", "list", *APP).err


def test_bounds_come_and_go(shop: Call) -> None:
    """`none` takes a bound away; what is left out stays; an empty word is not left out."""
    bounds = ("--start", "2026-01-01T00:00Z", "--end", "2100-01-01T00:00Z", "--jitter", "5s")
    shop("schedule", "create", "t", "ACTION", "report", *APP, "--every", "1m", *bounds)
    changed = shop("schedule", "update", "t", *APP, "--end", "none", "--jitter", "0", "--json").document
    assert (changed["start"], changed["end"], changed["jitter"]) == ("2026-01-01T00:00:00.000Z", None, 0)
    for option in ("--name", "--event", "--type", "--cron", "--every", "--executions", "--start", "--end", "--missed"):
        refused = shop("schedule", "update", "t", *APP, option, "")
        assert (refused.code, f"{'EVENT' if option == '--event' else option}: '' is not allowed" in refused.err) == (
            2,
            True,
        ), refused.err
    assert shop("schedule", "show", "t", *APP, "--json").document == changed


def test_bad_words_are_refused(shop: Call) -> None:
    """Exit code 2, and the option as it was typed."""
    for words, error in (
        (("t", "ACTION", "nothing", "--every", "1m"), "EVENT: 'nothing' is not allowed; expected an action of shop"),
        (("t", "NOTHING", "report", "--every", "1m"), "TYPE: 'NOTHING' is not allowed; expected one of ACTION"),
        (("t", "ACTION", "report"), "--every: null is not allowed; expected either cron or interval"),
        (("t", "ACTION", "report", "--every", "often"), "--every: 'often' is not allowed"),
        (("t", "ACTION", "report", "--cron", "often"), "--cron: 'often' is not allowed"),
        (("t", "ACTION", "report", "--every", "1m", "--missed", "some"), "--missed: 'some' is not allowed"),
        (("a b", "ACTION", "report", "--every", "1m"), "TAG: 'a b' is not allowed"),
    ):
        result = shop("schedule", "create", *words, *APP)
        assert (result.code, error in result.err) == (2, True), result.err
