"""A real Prometheus scrapes a worker and an API under load, and answers every expression of dashboards and alerts.

    python3 dev.py observe

Needs `prometheus` and `promtool` (Debian's package prometheus). Exit code 1 names each expression without data, and
what promtool says of the rules and of the metrics' names.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))

import _stage as stage
import httpx

from engine.data import tokens, users
from engine.data.users import User
from engine.db.pool import Pool
from engine.model import Scope
from grafana import expressions

WITHIN_S = 240.0
SETTINGS = {
    "HEADRACE_API_PORT": "0",
    "HEADRACE_SCRIPT_MEMORY_MB": "64",
    "HEADRACE_JOB_LOG_LINES": "3",
    "HEADRACE_RETRY_BASE_MS": "100",
    "HEADRACE_LOG_LEVEL": "error",
}
READY = re.compile(r"metrics +(http://\S+)")
API = re.compile(r"api +(http://[^\s,]+)")
CALLS = "for (let n = 0; n < 5; n++) { log('line ' + n); } sys.jobs.find({}); return 1;"


@asynccontextmanager
async def process(*words: str, env: dict[str, str], ready: re.Pattern[str]) -> AsyncIterator[str]:
    """A running command; what it said until `ready` was found in it. It is ended after the block."""
    found = await asyncio.create_subprocess_exec(*words, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert found.stderr is not None
    said = ""
    reading: asyncio.Task[bytes] | None = None
    try:
        while not ready.search(said):
            line = await asyncio.wait_for(found.stderr.readline(), WITHIN_S)
            if not line:
                raise SystemExit(f"{words[0]} ended:\n{said}")
            said += line.decode()
        reading = asyncio.create_task(found.stderr.read())
        yield said
    finally:
        if found.returncode is None:
            found.terminate()
        await found.wait()
        if reading is not None:
            await reading


async def load(pool: Pool, api: str, secret: str) -> None:
    """Keeps the worker and the API busy until it is cancelled: jobs that end well, throw, are killed."""
    headers = {"Authorization": f"Bearer {secret}"}
    # A quick machine keeps its queues empty; nobody serves this one, so there is always a backlog to see.
    await stage.create(pool, [stage.script("waits.js", "return 1", {}, queue="handler.nobody") for _ in range(3)])
    await stage.schedule(pool, ["check"], interval_ms=1000)
    async with httpx.AsyncClient(base_url=api, headers=headers, timeout=60) as http:
        while True:
            jobs = [
                stage.script("calls.js", CALLS, {}),
                stage.script("calls.py", "log('x')\nreturn 1", {}),
                stage.script("throws.js", "throw new Error('no')", {}, max_attempts=2),
                stage.script("killed.py", "x = []\nwhile True: x.append('y' * 1000000)", {}),
                stage.script("low.js", "return 1", {}, low_priority=True),
            ]
            await stage.create(pool, jobs)
            for path in ("/health/live", "/apps/crm/jobs", "/nowhere"):
                await http.get(path)
            await asyncio.sleep(0.3)


async def ask(http: httpx.AsyncClient, expression: str) -> list[Any]:
    """The samples that Prometheus has for an expression, without those that are no number."""
    answer = (await http.get("/api/v1/query", params={"query": expression})).json()
    if answer["status"] != "success":
        raise SystemExit(f"Prometheus refuses {expression}: {answer.get('error')}")
    return [sample for sample in answer["data"]["result"] if sample["value"][1] != "NaN"]


async def unanswered(http: httpx.AsyncClient) -> dict[str, str]:
    """What has no data although there was time enough."""
    left = expressions.promql()
    deadline = time.monotonic() + WITHIN_S
    while left and time.monotonic() < deadline:
        left = {place: text for place, text in left.items() if not await ask(http, text)}
        await asyncio.sleep(0.5)
    return left


def promtool(*words: str, text: str = "") -> bool:
    """Whether promtool has nothing to say."""
    result = subprocess.run(
        [shutil.which("promtool") or "promtool", *words], input=text, capture_output=True, text=True, check=False
    )
    said = (result.stdout + result.stderr).strip()
    if result.returncode or "error" in said.lower():
        print(f"promtool {' '.join(words)}:\n{said}")
    return result.returncode == 0


def configured(folder: Path, targets: list[str]) -> Path:
    """A configuration of Prometheus for these targets, with the rules as they are shipped."""
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(expressions.ALERTS)],
        "scrape_configs": [{"job_name": "headrace", "static_configs": [{"targets": targets}]}],
    }
    path = folder / "prometheus.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


@asynccontextmanager
async def prometheus(folder: Path, targets: list[str]) -> AsyncIterator[httpx.AsyncClient]:
    """A Prometheus that scrapes these targets each second."""
    port = free_port()
    words = (
        "prometheus", f"--config.file={configured(folder, targets)}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    )  # fmt: skip
    async with (
        process(*words, env=dict(os.environ), ready=re.compile("ready to receive web requests")),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http,
    ):
        yield http


def free_port() -> int:
    """A port that is free now; Prometheus cannot say which one it took."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def token(pool: Pool) -> str:
    """A token for the app crm."""
    async with pool.acquire() as conn:
        await users.save(conn, stage.APP, User("ann", "Ann", None))
        return (await tokens.issue(conn, stage.APP, "ann", name="check", scopes=tuple(Scope))).secret


async def main(then: Callable[[httpx.AsyncClient, Pool], Awaitable[None]] | None = None) -> int:
    """The exit code. `then` is given that Prometheus and the database, once every expression has data."""
    for name in ("prometheus", "promtool"):
        if shutil.which(name) is None:
            print(f"there is no {name} here: install Debian's package prometheus")
            return 1
    good = promtool("check", "rules", str(expressions.ALERTS))
    folder = Path(tempfile.mkdtemp(prefix="headrace-observe-"))
    async with AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        found = await stack.enter_async_context(stage.server())
        pool = await Pool.connect(found.dsn)
        stack.push_async_callback(pool.close)
        env = {**os.environ, **SETTINGS, "HEADRACE_DATABASE_URL": found.dsn}
        headrace = (str(Path(sys.executable).with_name("headrace")),)
        said = [
            await stack.enter_async_context(process(*headrace, part, env=env, ready=READY))
            for part in ("worker", "api")
        ]
        urls = [match[1] for text in said if (match := READY.search(text))]
        api = API.search(said[1])
        assert api is not None
        loading = asyncio.create_task(load(pool, api[1], await token(pool)))
        stack.callback(loading.cancel)
        targets = [url.removeprefix("http://") for url in urls]
        http = await stack.enter_async_context(prometheus(folder, targets))
        left = await unanswered(http)
        if then is not None:
            await then(http, pool)
        for place, text in left.items():
            print(f"no data: {place}\n    {text}")
        async with httpx.AsyncClient(timeout=60) as pages:
            for url in urls:
                good &= promtool("check", "metrics", text=(await pages.get(f"{url}/metrics")).text)
        if loading.done():
            loading.result()
    asked = len(expressions.promql())
    print(f"{asked - len(left)} of {asked} expressions have data")
    return 0 if good and not left else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
