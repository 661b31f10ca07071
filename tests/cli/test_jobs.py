"""`headrace job …` on jobs that are there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from engine.db.pool import Pool
from engine.jobs import journal, store
from engine.model import JobType, LogLevel, NewJob
from tests.cli.conftest import Call

ABSENT = "0193a5b0-7c1e-7d3a-9a1b-2c3d4e5f6071"


def new(app: str = "crm", label: str = "one", **options: Any) -> NewJob:
    return NewJob(app=app, type=JobType.EXECUTE_SCRIPT, name="one", label=label, **options)


async def create(pool: Pool, jobs: Sequence[NewJob]) -> list[str]:
    """The ids of new jobs."""
    async with pool.transaction() as conn:
        return [str(id) for id in await store.create(conn, jobs)]


@pytest.fixture
async def jobs(pool: Pool) -> list[str]:
    """A parent with two children in the app crm, and a job of another app."""
    (parent,) = await create(pool, [new(label="parent")])
    children = await create(pool, [new(label=f"child {n}", parent_id=UUID(parent)) for n in (1, 2)])
    (other,) = await create(pool, [new(app="shop", label="other")])
    return [parent, *children, other]


def test_the_list_has_every_apps_jobs_newest_first(on_database: Call, jobs: list[str]) -> None:
    """Operators see all apps, or with --app one."""
    assert [job["id"] for job in on_database("job", "list", "--json").document] == jobs[::-1]
    assert [job["label"] for job in on_database("job", "list", "--app", "shop", "--json").document] == ["other"]


def test_the_list_is_a_table_for_people(on_database: Call, jobs: list[str]) -> None:
    """Aligned columns with a header; what is left out is said on stderr."""
    result = on_database("job", "list", "--size", "3")
    header, *rows = result.out.splitlines()
    assert header.split() == ["ID", "STATUS", "CREATED", "WAITED", "TOOK", "TYPE", "APP", "LABEL"]
    assert [row[header.index("LABEL") :] for row in rows] == ["other", "child 2", "child 1"]
    assert "there are more: --offset 3" in result.err


def test_a_tree_shows_who_started_whom(on_database: Call, jobs: list[str]) -> None:
    """Children stand below their parent."""
    lines = on_database("job", "show", "--tree", jobs[0]).out.splitlines()
    assert [line.split("  ")[0] for line in lines[1:]] == ["parent", "├─ child 1", "└─ child 2"]
    tree = on_database("job", "show", "--tree", "--json", jobs[0]).document
    assert [child["label"] for child in tree["children"]] == ["child 1", "child 2"]


def test_commands_go_through_the_statuses(on_database: Call, jobs: list[str]) -> None:
    """stop, resume, cancel and low-priority say what the job is afterwards."""
    job = jobs[3]
    for words, status in ((["stop"], "STOPPED"), (["resume"], "PENDING"), (["cancel"], "CANCELED")):
        result = on_database("job", *words, job)
        assert (result.code, result.out) == (0, f"{job} {status}\n"), result.err
    low = on_database("job", "low-priority", jobs[0], "--json").document
    assert low == [{"id": jobs[0], "status": "PENDING", "lowPriority": True}]
    assert on_database("job", "low-priority", "--off", jobs[0], "--json").document[0]["lowPriority"] is False


async def _log(pool: Pool, job: str, count: int) -> None:
    now = round(datetime.now(UTC).timestamp() * 1000)
    levels = (LogLevel.INFO, LogLevel.ERROR)
    lines = [journal.Line(UUID(job), now, levels[n % 2], f"line {n}") for n in range(count)]
    async with pool.transaction() as conn:
        await journal.append_lines(conn, lines)


@pytest.fixture
async def logged(pool: Pool) -> str:
    """A canceled job with twenty lines in its log, every other an error."""
    (job,) = await create(pool, [new()])
    await _log(pool, job, 20)
    return job


def test_logs_are_filtered_like_in_scripts(on_database: Call, logged: str) -> None:
    """level, message, period, size and offset are those of sys.jobs.logs."""

    def messages(*words: str) -> list[str]:
        return [line["message"] for line in on_database("job", "logs", logged, "--json", *words).document]

    assert len(messages()) == 20
    assert messages("--level", "error", "--size", "2") == ["line 1", "line 3"]
    assert messages("--message", "LINE 1", "--offset", "9") == ["line 18", "line 19"]
    assert messages("--period", "1h", "--size", "1") == ["line 0"]
    assert messages("--from", "2100-01-01") == []
    assert messages("--to", "1h") == []


def test_tail_ends_with_the_job_and_its_code(on_database: Call, logged: str) -> None:
    """The last lines first, then the end; the exit code says how the job ended."""
    assert on_database("job", "cancel", logged).code == 0
    result = on_database("job", "tail", logged, "--lines", "2")
    assert [line.split(" ", 1)[1] for line in result.out.splitlines()] == ["INFO  line 18", "ERROR line 19"]
    assert result.code == 3
    assert result.err.startswith("CANCELED with errors after")


def test_every_filter_of_find_is_an_option(on_database: Call, jobs: list[str]) -> None:
    """Types, statuses in any case, errors, times and pages; --count counts all that match."""
    assert on_database("job", "cancel", jobs[3]).code == 0

    def labels(*words: str) -> list[str]:
        return [job["label"] for job in on_database("job", "list", "--json", *words).document]

    assert labels("--status", "canceled,finished") == ["other"]
    assert labels("--type", "execute_script", "--status", "PENDING", "--size", "1") == ["child 2"]
    assert labels("--size", "1", "--offset", "1") == ["child 2"]
    assert labels("--has-errors") == []
    assert len(labels("--has-errors", "false")) == 4
    assert labels("--create-to", "1h") == []
    assert len(labels("--create-from", "1h")) == 4
    assert labels("--end-from", "1h") == ["other"]
    assert labels("--end-to", "1h") == []
    assert labels("--start-from", "1h") == []
    assert on_database("job", "list", "--count", "--app", "crm").out == "3\n"
    assert on_database("job", "list", "--count", "--json").document == {"count": 4}


def test_a_job_is_shown_with_what_happened_to_it(on_database: Call, jobs: list[str]) -> None:
    """Its facts, its changes with their times, and with --json the same as a document."""
    assert on_database("job", "stop", jobs[1]).code == 0
    shown = on_database("job", "show", jobs[1])
    assert re.search(r"^status +STOPPED$", shown.out, re.M)
    assert re.search(rf"^parent +{jobs[0]}$", shown.out, re.M)
    assert re.search(r"^  \S+ \S+ attempt 0 stopped$", shown.out, re.M)
    document = on_database("job", "show", jobs[1], "--json").document
    assert document["status"] == "STOPPED"
    assert [change["event"] for change in document["changes"]] == ["stopped"]
    assert document["results"] is None


def test_an_error_is_shown_as_the_script_left_it(on_database: Call) -> None:
    """A job that threw shows code, message and place."""
    Path("broken.js").write_text("throw new Error('no more');")
    assert on_database("run", "broken.js").code == 1
    job = on_database("job", "list", "--has-errors", "--json").document[0]["id"]
    shown = on_database("job", "show", job)
    assert "FINISHED with errors" in shown.out
    assert '"message": "no more"' in shown.out
    assert on_database("job", "show", job, "--json").document["results"]["error"]["line"] == 1
