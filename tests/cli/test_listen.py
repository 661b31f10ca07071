"""`headrace listen`: handlers in processes that know the HTTP API and no database."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Ask, Call, Processes, until

CRM = Path(__file__).resolve().parents[2] / "examples" / "crm"
JOBS = """
import asyncio
from engine.sdk import job_handler

@job_handler("space:configure")
async def configure(event, tick):
    await tick(50)
    print("attempt", event.context["attempt"], flush=True)
    if event.context["attempt"] == 1:
        await asyncio.Event().wait()
    return {"outcome": {"message": "configured"}}
"""
CALL = "select headrace.enqueue('crm', 'space:configure')::text"
# The lease of whoever has the first attempt is over; no row once that has been noticed.
OVER = """
update headrace.workers set heartbeat_at = now() - interval '1 hour'
where id = (select worker_id from headrace.jobs_live where id = '{}' and attempt = 1) returning id
"""
OUTCOME = "select results->'results'->'response'->'outcome'->>'message' from headrace.job_results where job_id = '{}'"


def test_a_killed_process_loses_its_job_to_another(
    processes: Processes, on_database: Call, dsn: str, ask: Ask, tmp_path: Path
) -> None:
    """SIGKILL in the middle, far from the database, with no worker about: another process does the job and ends."""
    (tmp_path / "jobs.py").write_text(JOBS)
    on_database("push", str(CRM))
    made = on_database("token", "create", "--app", "crm", "--user", "ann", "--user-name", "Ann", "--scope", "run")
    (tmp_path / "token").write_text(made.out)
    api = processes.start("api", "--api-port", "0", "--database-url", dsn, "--api-wait-ms", "500")
    described = re.search(r"(http://\S+)/docs", until(api, "described at"))
    assert described is not None
    words = ("listen", described[1], "--token-file", str(tmp_path / "token"), "--handlers", "jobs")
    environment = {"PYTHONUNBUFFERED": "1"}
    first = processes.start(*words, cwd=tmp_path, env=environment)
    assert until(first, "listening").endswith(f"listening at {described[1]} for space:configure\n")
    (job_id,) = ask(CALL)
    assert until(first, "attempt", "stdout") == "attempt 1\n"
    first.kill()
    second = processes.start(*words, cwd=tmp_path, env=environment)
    deadline = time.monotonic() + 120
    # Again and again: a poll that the first one had sent renews its lease.
    while ask(OVER.format(job_id)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert until(second, "attempt", "stdout") == "attempt 2\n"
    second.send_signal(signal.SIGTERM)
    _, errors = second.communicate(timeout=120)
    assert second.returncode == 0, errors
    assert ask(OUTCOME.format(job_id)) == ["configured"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--token-file", "none"), "--handlers: expected modules with job handlers"),
        (("--token-file", "none", "--handlers", "jobs"), "--token-file: none cannot be read"),
        (("--token-file", "empty", "--handlers", "jobs"), "--token-file: empty is empty; expected a token"),
        ((), "--token-file"),
    ],
)
def test_what_cannot_begin(
    headrace: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    """What is missing is named, before anything is asked of the API."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").write_text("\n")
    result = headrace("listen", "http://127.0.0.1:9", *words)
    assert (result.code, said in result.err) == (2, True), result.err
