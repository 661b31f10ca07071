"""`headrace dev`, `headrace worker` and `headrace api`: start, work, and end at signals, as processes."""

from __future__ import annotations

import json
import re
import signal
import socket
from pathlib import Path

import httpx

from tests.cli.conftest import Ask, Call, Processes, until

CRM = Path(__file__).resolve().parents[2] / "examples" / "crm"
SCRIPT = "log('hello');\nreturn 1;"


def test_dev_starts_everything_and_ends_at_ctrl_c(processes: Processes, headrace: Call, data_dir: Path) -> None:
    """One command, an empty folder: a database, a worker that runs jobs, the HTTP API, and a clean end."""
    process = processes.start("dev", "--api-port", "0", "--data-dir", str(data_dir))
    said = until(process, "ready:")
    described = re.search(r"described at (http://\S+)", said)
    assert described is not None
    assert httpx.get(described[1], timeout=60).status_code == 200
    assert f"embedded PostgreSQL in {data_dir}" in said
    Path("one.js").write_text(SCRIPT)
    result = headrace("run", "one.js", "--data-dir", str(data_dir))
    assert (result.code, result.out) == (0, "1\n"), result.err
    assert "no worker is alive" not in result.err
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "ended" in rest


def test_api_serves_until_a_signal(processes: Processes, on_database: Call, dsn: str) -> None:
    """A token of the command line opens it; a stream that is open does not keep it from ending."""
    on_database("push", str(CRM))
    made = on_database("token", "create", "--app", "crm", "--user", "ann", "--user-name", "Ann", "--scope", "admin")
    process = processes.start("api", "--api-port", "0", "--database-url", dsn)
    described = re.search(r"(http://\S+)/docs", until(process, "described at"))
    assert described is not None
    headers = {"Authorization": f"Bearer {made.out.strip()}"}
    transport = httpx.HTTPTransport(retries=5)
    with httpx.Client(base_url=described[1], headers=headers, timeout=60, transport=transport) as client:
        job = client.post("/apps/crm/jobs", json={"type": "EXECUTE_ACTION", "actionName": "report"}).json()
        with client.stream("GET", f"/apps/crm/jobs/{job['id']}/events") as stream:
            events = stream.iter_lines()
            assert next(line for line in events if line.startswith("event:")) == "event: job"
            process.send_signal(signal.SIGTERM)
            assert not any(line == "event: end" for line in events)
    _, rest = process.communicate(timeout=120)
    assert (process.returncode, "ended" in rest) == (0, True), rest


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


def test_a_signal_ends_a_start_that_hangs(processes: Processes) -> None:
    """A server that accepts and never answers does not keep a worker from ending at SIGTERM."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://127.0.0.1:{silent.getsockname()[1]}/jobs"
        process = processes.start("worker", "--database-url", address)
        until(process, "database")
        accepted, _ = silent.accept()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
        accepted.close()
    assert process.returncode == 0


def test_running_jobs_are_given_back_after_the_grace_time(
    processes: Processes, on_database: Call, dsn: str, ask: Ask
) -> None:
    """SIGTERM with a job that does not end: the worker says what it waits for, then the job is PENDING again."""
    Path("busy.js").write_text("log('busy');\nwhile (true) {}")
    process = processes.start("worker", "--grace-ms", "100", "--database-url", dsn)
    until(process, "slots")
    job = on_database("run", "busy.js", "--detach").out.strip()
    until(process, job)
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=120)
    assert "ending: 1 running job has 0.1 s, another signal ends now" in rest
    assert process.returncode == 0
    assert ask("select status from headrace.jobs") == ["PENDING"]
    assert ask("select count(*) from headrace.workers") == [0]


def test_a_second_signal_ends_a_worker_at_once(processes: Processes, on_database: Call, dsn: str) -> None:
    """Whoever is in a hurry does not wait for the grace time; the job's lease runs out and others take it."""
    Path("busy.js").write_text("log('busy');\nwhile (true) {}")
    process = processes.start("worker", "--grace-ms", "600000", "--database-url", dsn)
    until(process, "slots")
    job = on_database("run", "busy.js", "--detach").out.strip()
    until(process, job)
    process.send_signal(signal.SIGTERM)
    until(process, "ending:")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    assert process.returncode == 143


def test_a_port_that_is_taken_is_refused(headrace: Call, dsn: str) -> None:
    """The API says which address it could not have, and ends."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = headrace("api", "--api-port", port, "--database-url", dsn)
    assert result.code == 2
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in result.err
