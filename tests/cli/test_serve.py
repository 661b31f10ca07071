"""`headrace dev` and `headrace worker`: start, work, and end at signals, as processes."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.cli.conftest import Call, Processes, until

SCRIPT = "log('hello');\nreturn 1;"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_dev_starts_everything_and_ends_at_a_signal(
    processes: Processes, headrace: Call, data_dir: Path, number: signal.Signals
) -> None:
    """One command, an empty folder: a database, a worker that runs jobs, and a clean end."""
    process = processes.start("dev", "--data-dir", str(data_dir))
    said = until(process, "ready:")
    assert f"embedded PostgreSQL in {data_dir}" in said
    Path("one.js").write_text(SCRIPT)
    result = headrace("run", "one.js", "--data-dir", str(data_dir))
    assert (result.code, result.out) == (0, "1\n"), result.err
    assert "no worker is alive" not in result.err
    process.send_signal(number)
    _, rest = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "ended" in rest


def test_a_worker_logs_json_with_the_job_on_each_line(processes: Processes, on_database: Call, dsn: str) -> None:
    """Each line is a document; those about a job carry job, app, attempt and worker."""
    process = processes.start("worker", "--log-format", "json", "--database-url", dsn)
    until(process, '"ready"')
    Path("one.js").write_text(SCRIPT)
    job = on_database("run", "one.js", "--json").lines[-1]
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=120)
    lines = [json.loads(line) for line in rest.splitlines()]
    (started,) = [line for line in lines if line["message"] == "job started"]
    assert started["job"] == job["id"]
    assert started["app"] == "scratch"
    assert started["attempt"] == 1
    assert started["worker"]
    assert [line["status"] for line in lines if line["message"] == "job left"] == ["FINISHED"]
    assert process.returncode == 0
