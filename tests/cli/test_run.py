"""`headrace run`: a script as a job, followed to its end, as processes."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from pathlib import Path

import pytest

from engine.db.pool import Pool
from engine.jobs import store
from engine.model import Status
from scripting.host import SandboxUnavailable, ScriptHost
from tests.cli.conftest import Ask, Call, Processes, until

GREETING = {
    "greet.js": "log('hello ' + params.who);\nreturn {n: params.n + 1, who: params.who};",
    "greet.py": "log('hello ' + params.who)\nreturn {'n': params.n + 1, 'who': params.who}",
}
ENDLESS = "sys.jobs.logInfo('started');\nwhile (true) { sys.utils.script.wait(50); }"


@pytest.mark.parametrize("name", GREETING)
def test_a_script_runs_and_its_result_is_printed(on_database: Call, name: str) -> None:
    """The result is on stdout, logs and the ending on stderr; a worker is started because none was alive."""
    Path(name).write_text(GREETING[name])
    result = on_database("run", name, "--param", "who=you", "--param", "n=3")
    assert result.code == 0, result.err
    assert json.loads(result.out) == {"n": 4, "who": "you"}
    assert "no worker is alive on this database" in result.err
    assert "INFO  hello you" in result.err
    assert "FINISHED after" in result.err


def test_a_script_that_throws_ends_with_one(on_database: Call) -> None:
    """The exit code says that there were errors, the log where."""
    Path("broken.py").write_text("x = 1\nsys.exceptions.throwException('badRequest', 'no more')")
    result = on_database("run", "broken.py")
    assert (result.code, result.out) == (1, "")
    assert "badRequest: no more (broken.py:2)" in result.err
    assert "FINISHED with errors" in result.err


def test_json_lines_tell_everything(on_database: Call) -> None:
    """With --json each line of stdout is an event, the last one the end with the results; stderr is silent."""
    Path("greet.js").write_text(GREETING["greet.js"])
    result = on_database("run", "greet.js", "--json", "--param", "n=1")
    events = result.lines
    assert result.err == ""
    assert [event["message"] for event in events if event["event"] == "log"] == ["hello undefined"]
    assert events[-1]["event"] == "end"
    assert events[-1]["results"]["results"]["response"]["n"] == 2
    assert "FINISHED" in [event["status"] for event in events if event["event"] == "job"]


def _endless(processes: Processes, dsn: str) -> subprocess.Popen[str]:
    Path("endless.js").write_text(ENDLESS)
    return processes.start("run", "endless.js", "--database-url", dsn)


async def _only_job(pool: Pool) -> str:
    row = await pool.fetchrow("select id, status from headrace.jobs")
    assert row is not None
    return str(row["status"])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_a_signal_cancels_the_job(
    processes: Processes, dsn: str, pool: Pool, number: signal.Signals, code: int
) -> None:
    """Ctrl-C ends what it started, as with `docker run`: the job is CANCELED, the code that of the signal."""
    process = _endless(processes, dsn)
    said = await asyncio.to_thread(until, process, "started")
    process.send_signal(number)
    _, rest = await asyncio.to_thread(process.communicate, timeout=120)
    assert process.returncode == code, said + rest
    assert "canceling the job; once more leaves it as it is" in rest
    assert await _only_job(pool) == Status.CANCELED


async def test_a_second_signal_leaves_the_job(processes: Processes, dsn: str, pool: Pool) -> None:
    """Two signals end the command at once; the job is there to be looked at."""
    process = _endless(processes, dsn)
    await asyncio.to_thread(until, process, "started")
    process.send_signal(signal.SIGINT)
    await asyncio.to_thread(until, process, "canceling")
    process.send_signal(signal.SIGINT)
    await asyncio.to_thread(process.communicate, timeout=120)
    assert process.returncode == 130
    assert await _only_job(pool) in ("RUNNING", "PENDING", "CANCELING", "CANCELED")


@pytest.mark.parametrize(("command", "code", "said"), [("cancel", 3, "CANCELED after"), ("stop", 4, "job resume")])
def test_the_code_tells_canceled_and_stopped_from_failed(on_database: Call, command: str, code: int, said: str) -> None:
    """3 for a canceled job, 4 for a stopped one, and how that one goes on."""
    Path("told.js").write_text(f"sys.jobs.{command}(sys.jobs.getCurrentJobId());\n{ENDLESS}")
    result = on_database("run", "told.js")
    assert result.code == code, result.err
    assert said in result.err


def test_a_detached_run_prints_the_id(on_database: Call) -> None:
    """With --detach the id is all that stdout has, and nobody waits; that no worker is there is told."""
    Path("greet.js").write_text(GREETING["greet.js"])
    result = on_database("run", "greet.js", "--detach")
    assert result.code == 0
    assert store.check_job_id(result.out.strip())
    assert "no worker is alive on this database: the job waits for `headrace worker`" in result.err


def test_a_worker_that_dies_is_replaced(on_database: Call, ask: Ask) -> None:
    """A worker that was killed looks alive until its lease runs out; then the command runs one of its own."""
    ask(
        "insert into headrace.workers (id, name, version, slots) values (gen_random_uuid(), 'dead', '0', 1) returning 1"
    )
    Path("greet.js").write_text(GREETING["greet.js"])
    result = on_database("run", "greet.js", "--param", "n=1", "--stale-ms", "1000", "--heartbeat-ms", "100")
    assert result.code == 0, result.err
    assert "no worker is alive on this database" in result.err


def test_a_sandbox_that_does_not_hold_ends_the_run(
    on_database: Call, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where scripts cannot be isolated the command says so instead of waiting for a worker that never comes."""

    def refuse(host: ScriptHost) -> None:
        if not host._unsafe:
            raise SandboxUnavailable("seccomp does not hold here")

    monkeypatch.setattr(ScriptHost, "_refuse_unsafe", refuse)
    Path("greet.js").write_text(GREETING["greet.js"])
    result = on_database("run", "greet.js", "--param", "n=1")
    assert result.code == 2
    assert "seccomp does not hold here (setting unsafe_scripts)" in result.err
    assert ask("select status from headrace.jobs") == ["PENDING"]
