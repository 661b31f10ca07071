"""Limits in jobs: each ends a script with its own error and its own count, and the worker goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from engine.jobs import store
from engine.metrics import Metrics
from engine.settings import Settings
from tests.acceptance.conftest import Platform
from tests.atwork import worker_on

REGEX = "(a+)+$"


@dataclass(frozen=True, slots=True)
class Limited:
    """A platform whose scripts have narrow limits, and what it counts."""

    platform: Platform
    metrics: Metrics

    async def error(self, name: str, source: str) -> dict[str, Any]:
        """The error of a job that a limit ended."""
        job = await self.platform.ended(await self.platform.start(name, source))
        async with self.platform.pool.acquire() as conn:
            left = await store.results(conn, "crm", job.id) or {}
        error: dict[str, Any] = left["error"]
        return error

    def count(self, name: str, **labels: str) -> float:
        """A counter's value, 0 before its first count."""
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
async def limited(fresh_database: str) -> AsyncIterator[Limited]:
    """A worker that gives each script little of everything but wall time."""
    settings = Settings(
        database_url=fresh_database,
        slots=1,
        poll_ms=100,
        script_cpu_ms=700,
        script_memory_mb=64,
        script_calls=20,
        script_call_kb=64,
        script_result_kb=1,
        script_source_kb=4,
        job_log_lines=3,
    )
    metrics = Metrics()
    async with worker_on(settings, metrics=metrics) as pool:
        yield Limited(Platform(pool), metrics)


CASES = [
    ("a regular expression", "a.py", f"import re\nreturn re.match('{REGEX}', 'a' * 64 + 'b')", "cpu", "timeout"),
    ("a regular expression", "a.js", f"return /{REGEX}/.test('a'.repeat(64) + 'b')", "cpu", "timeout"),
    ("a loop", "a.py", "while True: pass", "cpu", "timeout"),
    ("memory", "a.py", "return len([' ' * 1000 * n for n in range(100000)])", "memory", "systemException"),
    (
        "memory",
        "a.js",
        "const all = []; while (true) all.push('x'.repeat(1e6) + all.length)",
        "memory",
        "systemException",
    ),
    ("calls", "a.py", "while True: sys.jobs.getCurrentJob()", "calls", "systemException"),
    ("calls", "a.js", "while (true) sys.jobs.getCurrentJob()", "calls", "systemException"),
    ("the result", "a.py", "return 'x' * 3000", "result", "systemException"),
    ("the result", "a.js", "return 'x'.repeat(3000)", "result", "systemException"),
    ("the source", "a.js", "//" + "x" * 5000, "source", "systemException"),
]


@pytest.mark.parametrize(
    ("what", "name", "source", "limit", "code"), CASES, ids=[f"{what} {name}" for what, name, *_ in CASES]
)
async def test_each_limit_ends_the_script_with_its_own_error_and_count(
    limited: Limited, what: str, name: str, source: str, limit: str, code: str
) -> None:
    """The job's error names the limit and who may raise it; the next job runs."""
    error = await limited.error(name, source)
    assert (error["code"], error["limit"]) == (code, limit)
    assert "raises it to at most" in error["message"] or "(setting script_" in error["message"]
    language = "python" if name.endswith(".py") else "javascript"
    assert limited.count("headrace_script_kills_total", limit=limit) == 1
    assert limited.count("headrace_scripts_total", language=language, outcome="killed") == 1
    assert await limited.platform.response("next.py", "return 1") == 1
    assert limited.count("headrace_scripts_total", language="python", outcome="returned") == 1


async def test_arguments_beyond_their_size_are_an_error_that_the_script_sees(limited: Limited) -> None:
    """The call is refused before it leaves the child, and the script goes on."""
    source = "try:\n    log('x' * 70000)\nexcept ScriptException as error:\n    return error.message()\n"
    assert "65536" in await limited.platform.response("a.py", source)


async def test_a_log_beyond_its_lines_is_cut_and_counted(limited: Limited) -> None:
    """Three lines, one that says so, and the script ends as if nothing were."""
    job_id = await limited.platform.start("a.js", "for (let n = 0; n < 10; n++) log('line ' + n); return 'done'")
    job = await limited.platform.ended(job_id)
    assert not job.has_errors
    lines = [line.message for line in await limited.platform.lines(job_id)]
    assert lines[:3] == ["line 0", "line 1", "line 2"]
    assert len(lines) == 4
    assert "one run of a script may write 3 lines" in lines[3]
    assert limited.count("headrace_script_logs_cut_total", limit="lines") == 1


async def test_the_layers_are_counted_as_the_self_test_found_them(limited: Limited) -> None:
    """/metrics says which layers hold around the scripts of this worker."""
    assert limited.count("headrace_sandbox_layer", layer="seccomp") == 1
