"""`headrace worker --handlers`: Python modules whose handlers run in the worker, as processes."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

from tests.cli.conftest import Ask, Call, Processes, until

JOBS = """
from engine.sdk import Listener, job_handler

listener = Listener()

@job_handler("space:configure", debug=True)
async def configure(event, tick):
    await tick(50, "Halfway there!")
    return {"outcome": {"message": f"space {event.payload['input']['space']} configured"}}

@listener.on("job:completed")
async def told(event):
    print("told of", event.context["jobId"], flush=True)
"""
CALL = """select headrace.enqueue('crm', 'space:configure', '{"space": "s1"}')::text"""


def test_a_worker_runs_the_handlers_of_a_module(
    processes: Processes, on_database: Call, dsn: str, ask: Ask, tmp_path: Path
) -> None:
    """It says which it has; a job made in SQL ends with the handler's outcome; the listener is told."""
    (tmp_path / "myapp").mkdir()
    (tmp_path / "myapp/jobs.py").write_text(JOBS)
    process = processes.start(
        "worker", "--handlers", "myapp.jobs", "--database-url", dsn, cwd=tmp_path, env={"PYTHONUNBUFFERED": "1"}
    )
    assert "handlers  space:configure" in until(process, "handlers ")
    (job_id,) = ask(CALL)
    assert until(process, "told of", "stdout") == f"told of {job_id}\n"
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, "Job complete" in errors) == (0, True), errors
    shown = json.loads(on_database("job", "show", job_id, "--json").out)
    assert shown["results"]["results"]["response"] == {"outcome": {"message": "space s1 configured"}}


def test_a_handlers_job_is_tried_again_elsewhere_when_its_worker_is_killed(
    processes: Processes, on_database: Call, dsn: str, ask: Ask, tmp_path: Path
) -> None:
    """SIGKILL in the middle of the handler: another worker runs it, as its second attempt."""
    (tmp_path / "jobs.py").write_text(
        "import asyncio\n"
        "from engine.sdk import job_handler\n"
        "@job_handler('space:configure')\n"
        "async def configure(event, tick):\n"
        "    print('attempt', event.context['attempt'], flush=True)\n"
        "    if event.context['attempt'] == 1:\n"
        "        await asyncio.Event().wait()\n"
    )
    words = ("worker", "--handlers", "jobs", "--database-url", dsn, "--heartbeat-ms", "200", "--stale-ms", "2000")
    first = processes.start(*words, cwd=tmp_path)
    (job_id,) = ask(CALL)
    assert until(first, "attempt", "stdout") == "attempt 1\n"
    second = processes.start(*words, cwd=tmp_path)
    first.kill()
    assert until(second, "attempt", "stdout") == "attempt 2\n"
    deadline = time.monotonic() + 60
    while ask(f"select status from headrace.jobs where id = '{job_id}'") != ["FINISHED"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_module_that_cannot_be_is_said_before_anything_starts(on_database: Call) -> None:
    """Setting, value and what is expected; the exit code of bad input."""
    result = on_database("worker", "--handlers", "no_such_module")
    assert result.code == 2
    assert "setting handlers: 'no_such_module' is not allowed" in result.err
