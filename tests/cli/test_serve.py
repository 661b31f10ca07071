"""`headrace dev`, `headrace worker` and `headrace api`: start, work, and end at signals, as processes."""

from __future__ import annotations

import json
import re
import signal
import socket
from pathlib import Path

import httpx
import pytest

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


def test_every_line_of_a_process_is_a_document(
    processes: Processes, on_database: Call, dsn: str, tmp_path: Path
) -> None:
    """Jobs that finish, fail and hit a limit, requests good and bad, warnings, the end: JSON all through,
    and what is about a job says which, of which app, in which attempt, on which worker."""
    on_database("push", str(CRM))
    token = on_database("token", "create", "--app", "crm", "--user", "ann", "--user-name", "Ann", "--scope", "admin")
    # A module that Python imports at its start; once it is told to, it warns and fails, as a library may.
    told = tmp_path / "told"
    (tmp_path / "sitecustomize.py").write_text(
        "import pathlib, threading, time, warnings\n"
        "def late():\n"
        f"    while not pathlib.Path({str(told)!r}).exists():\n"
        "        time.sleep(0.05)\n"
        "    warnings.warn('an old way')\n"
        "    raise RuntimeError('in a thread')\n"
        "threading.Thread(target=late, daemon=True).start()\n"
    )
    process = processes.start(
        "dev", "--api-port", "0", "--log-format", "json", "--database-url", dsn, env={"PYTHONPATH": str(tmp_path)}
    )
    said = until(process, '"ready"')
    address = json.loads(said.splitlines()[-1])["api"].split(",")[0]
    httpx.get(f"{address}/apps/crm/jobs", headers={"Authorization": "Bearer no"}, timeout=60)
    httpx.get(f"{address}/apps/crm/jobs", headers={"Authorization": f"Bearer {token.out.strip()}"}, timeout=60)
    ids = {}
    for name, source in {"good": "return 1;", "bad": "throw new Error('no');", "long": "while (true) {}"}.items():
        Path(f"{name}.js").write_text(source)
        ids[name] = on_database("run", f"{name}.js", "--timeout", "1s", "--json").lines[-1]["id"]
    told.touch()
    said += until(process, "in a thread")
    process.send_signal(signal.SIGTERM)
    rest, errors = process.communicate(timeout=120)
    assert rest == ""
    lines = [json.loads(line) for line in (said + errors).splitlines()]
    assert all({"time", "level", "message"} <= line.keys() for line in lines)
    about = [line for line in lines if line["message"] in ("job started", "job left")]
    assert {line["job"] for line in about} == set(ids.values())
    assert all(line["app"] == "scratch" and line["attempt"] == 1 and line["worker"] for line in about)
    assert any("an old way" in line["message"] for line in lines)
    assert any("in a thread" in line.get("exception", "") for line in lines)


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


@pytest.mark.parametrize("kind", ["api", "metrics"])
def test_a_port_that_is_taken_is_refused(processes: Processes, dsn: str, kind: str) -> None:
    """Each server of a process says which address it could not have, and by which settings; the process ends."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = processes.run("api", "--api-port", "0", f"--{kind}-port", port, "--database-url", dsn)
    assert result.code == 2
    assert f"{kind}_host, {kind}_port: cannot listen on 127.0.0.1:{port}: Address already in use" in result.err
    assert "Traceback" not in result.err
