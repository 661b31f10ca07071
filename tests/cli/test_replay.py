"""`headrace replay`: a job's script again, from its journal and without effects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ask, Call

SCRIPTS = {
    "visit.js": "log('one ' + Math.random());\nvar failed = null;\ntry { sys.jobs.findById('no id'); }\n"
    "catch (e) { failed = e.code(); }\nsys.jobs.setProgress(50, 'half');\nreturn [failed, Date.now()];",
    "visit.py": "import random, time\nlog('one', random.random())\nfailed = None\ntry: sys.jobs.findById('no id')\n"
    "except ScriptException as e: failed = e.code()\nsys.jobs.setProgress(50, 'half')\nreturn [failed, time.time()]",
}
LINES = {"visit.js": [1, 3, 5], "visit.py": [2, 4, 6]}


def finished(on_database: Call, ask: Ask, name: str, source: str) -> tuple[str, Any]:
    """The id of a job that ran the source, and what it left."""
    Path(name).write_text(source)
    on_database("run", name)
    (job_id,) = ask("select id::text from headrace.jobs")
    return job_id, on_database("job", "show", job_id, "--json").document["results"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_replay_shows_each_call_and_the_same_end(on_database: Call, ask: Ask, name: str) -> None:
    """Number, place, arguments and reply of each call; the value is the job's own, and nothing was written."""
    job_id, left = finished(on_database, ask, name, SCRIPTS[name])
    count = "select count(*) from headrace.job_logs union all select count(*) from headrace.job_journal"
    before = ask(count)
    *steps, end = on_database("replay", job_id, "--json").lines
    assert [(step["n"], step["place"], step["method"], step["failed"]) for step in steps] == [
        (1, f"{name}:{LINES[name][0]}", "jobs.log", False),
        (2, f"{name}:{LINES[name][1]}", "jobs.findById", True),
        (3, f"{name}:{LINES[name][2]}", "jobs.progress", False),
    ]
    assert steps[2]["args"] == [50, "half"]
    assert end == {"how": "returned", "left": left["results"]["response"]}
    assert ask(count) == before


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_replay_can_end_early_and_tell_everything(on_database: Call, ask: Ask, name: str) -> None:
    """--until ends behind a call, --trace quotes the line of the script."""
    job_id, _ = finished(on_database, ask, name, SCRIPTS[name])
    shown = on_database("replay", job_id, "--until", "2", "--trace").out
    assert SCRIPTS[name].split("\n")[LINES[name][1] - 1] in shown
    assert "jobs.progress" not in shown
    assert shown.splitlines()[-1].startswith("unfinished: ")


def test_a_failed_job_fails_again_in_the_same_line(on_database: Call, ask: Ask) -> None:
    """The error of the replay is the job's own."""
    job_id, left = finished(on_database, ask, "broken.js", "log('a');\nthrow new Error('no more');")
    end = on_database("replay", job_id, "--json").lines[-1]
    assert end == {"how": "threw", "left": left["error"]}


def test_a_live_job_is_not_replayed(on_database: Call, ask: Ask) -> None:
    """What a worker may write to at any moment is refused, and what to give instead is said."""
    Path("later.js").write_text("return 1;")
    on_database("run", "later.js", "--detach")
    (job_id,) = ask("select id::text from headrace.jobs")
    result = on_database("replay", job_id)
    assert result.code == 2
    assert "a job that is over; this one is PENDING" in result.err
