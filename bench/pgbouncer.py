"""Works behind a real PgBouncer in transaction mode, with fewer connections to the server than processes want.

    python3 dev.py pgbouncer [--jobs 200]

Two workers, one of them killed, run scripts in both languages, children that are awaited, delays and failures that are
retried; jobs come by the store and by the HTTP API, which also takes a file and gives it back. Each has to end as it
should. Needs Debian's package pgbouncer. Exit code 1 if a job did not end, or ended otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import _stage as stage
import asyncpg
import httpx

from engine.db.embedded import EmbeddedServer
from engine.db.pool import Pool
from engine.model import NewJob
from engine.settings import Settings

BOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
WITHIN_S = 240.0
# Fewer than the processes open: statements of one client meet other servers all the time.
SERVERS = 4
SIMPLE = {"one.js": "log('x'); return 1;", "one.py": "log('x')\nreturn 1"}
PARENT = """
var ids = sys.jobs.executeInJob([1, 2, 3], 'default', function (n) { log('child'); return n; });
return sys.jobs.waitForJobs(ids, 'FINISHED').length;
"""
FAILING = "throw new Error('no');"


@asynccontextmanager
async def bouncer(found: EmbeddedServer) -> AsyncIterator[str]:
    """A running PgBouncer before the server; its DSN. It listens on a Unix socket only."""
    folder = Path(tempfile.mkdtemp(prefix="headrace-pgbouncer-"))
    process = await _start(folder, found)
    dsn = f"postgresql://headrace@/headrace?host={folder}&port=6432"
    try:
        await _answers(process, dsn)
        yield dsn
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        shutil.rmtree(folder, ignore_errors=True)


async def _start(folder: Path, found: EmbeddedServer) -> asyncio.subprocess.Process:
    parts = urlsplit(found.dsn)
    where = parse_qs(parts.query)
    server = f"host={where['host'][0]} port={where['port'][0]} dbname={parts.path[1:]} user={parts.username}"
    config = folder / "pgbouncer.ini"
    config.write_text(
        f"[databases]\nheadrace = {server}\n[pgbouncer]\npool_mode = transaction\nauth_type = any\nlisten_addr =\n"
        f"listen_port = 6432\nunix_socket_dir = {folder}\ndefault_pool_size = {SERVERS}\nmax_client_conn = 200\n"
        f"idle_transaction_timeout = 30\nserver_round_robin = 1\nlogfile =\n",
        encoding="utf-8",
    )
    assert BOUNCER is not None
    dropped: dict[str, Any] = {}
    if os.geteuid() == 0:
        # It refuses to run as root.
        dropped = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        shutil.chown(folder, "nobody")
    log = (folder / "log").open("wb")
    with log:
        return await asyncio.create_subprocess_exec(BOUNCER, config, stdout=log, stderr=log, **dropped)


async def _answers(process: asyncio.subprocess.Process, dsn: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.returncode is None:
        try:
            await (await asyncpg.connect(dsn, timeout=5)).close()
        except (OSError, asyncpg.PostgresError, TimeoutError):
            await asyncio.sleep(0.1)
        else:
            return
    raise SystemExit("PgBouncer does not start")


def wanted(count: int) -> list[tuple[NewJob, object]]:
    """Jobs, and what each has to return; None for those that have to fail."""
    found: list[tuple[NewJob, object]] = []
    for n in range(count):
        name = ("one.js", "one.py")[n % 2]
        found.append((stage.script(name, SIMPLE[name], {}, delay_ms=500 * (n % 3)), 1))
    found += [(stage.script("parent.js", PARENT, {}), 3) for _ in range(count // 10)]
    found += [(stage.script("bad.js", FAILING, {}, max_attempts=2), None) for _ in range(count // 10)]
    return found


async def main(options: argparse.Namespace) -> int:
    """The exit code."""
    async with stage.server(durable=True) as found, bouncer(found) as dsn:
        pool = await Pool.connect(found.dsn)
        try:
            return await measure(pool, dsn, options.jobs)
        finally:
            await pool.close()


async def measure(pool: Pool, dsn: str, count: int) -> int:
    """Runs it, prints the figures, and tells whether they are right."""
    settings = Settings(
        database_url=dsn,
        slots=4,
        poll_ms=100,
        heartbeat_ms=150,
        stale_ms=2000,
        retry_base_ms=10,
        listen=False,
        statement_cache=False,
    )
    jobs = wanted(count)
    began = time.monotonic()
    through = await Pool.connect(dsn, statement_cache=False)
    ids = await stage.create(through, [job for job, _ in jobs])
    await through.close()
    workers = [stage.start_worker(settings) for _ in range(2)]
    posted = await over_http(dsn, 10)
    workers[0].kill()
    workers.append(await asyncio.to_thread(stage.start_worker, settings))
    expected = {**dict(zip(ids, [value for _, value in jobs], strict=True)), **dict.fromkeys(posted, None)}
    wrong = await ended(pool, expected, set(posted))
    for worker in workers:
        worker.kill()
    print(f"{len(expected)} jobs through {SERVERS} connections, one worker killed, {time.monotonic() - began:.0f} s")
    for line, times in wrong.most_common(10):
        print(f"wrong, {times} times: {line}")
    return 1 if wrong else 0


async def ended(pool: Pool, expected: dict[UUID, object], only_end: set[UUID]) -> Counter[str]:
    """What is not as it should be, once all have ended or the time is over."""
    deadline = time.monotonic() + WITHIN_S
    query = "select count(*) as n from headrace.jobs_live"
    while (left := (await pool.fetch(query))[0]["n"]) and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    wrong: Counter[str] = Counter({f"{left} jobs did not end": 1} if left else {})
    rows = await pool.fetch("select job_id, results, error from headrace.job_results")
    results = {row["job_id"]: row for row in rows}
    for job_id, value in expected.items():
        row = results.get(job_id)
        if row is None:
            wrong["no result"] += 1
        elif job_id in only_end:
            wrong.update([f"failed: {row['error']}"] if row["error"] else [])
        elif value is None and not row["error"]:
            wrong["should have failed"] += 1
        elif value is not None and (row["error"] or row["results"]["results"]["response"] != value):
            wrong[f"{row['error'] or row['results']}"] += 1
    return wrong


async def there_and_back(client: httpx.AsyncClient) -> None:
    """A file goes up, comes back byte by byte, and is removed: large objects by SQL functions alone."""
    content = os.urandom(3_000_001)
    answer = await client.post(f"/apps/{stage.APP}/files", params={"name": "a.bin"}, content=content)
    link = answer.raise_for_status().json()["fileLink"]
    if (await client.get(link)).raise_for_status().content != content:
        raise SystemExit("a file came back otherwise")
    (await client.delete(link)).raise_for_status()


async def over_http(dsn: str, count: int) -> list[UUID]:
    """Starts an API before the bouncer, and jobs through it; it has ended in order when this returns."""
    command = (sys.executable, "-c", "import sys; from engine.cli import main; sys.exit(main())")
    env = {**os.environ, "HEADRACE_LISTEN": "false", "HEADRACE_STATEMENT_CACHE": "false", "DATABASE_URL": dsn}
    make = ("token", "create", "--app", stage.APP, "--user", "ann", "--user-name", "Ann", "--scope", "admin")
    pipe = asyncio.subprocess.PIPE
    made = await asyncio.create_subprocess_exec(*command, *make, env=env, cwd=stage.ROOT, stdout=pipe)
    token = (await made.communicate())[0].decode().strip()
    api = await asyncio.create_subprocess_exec(
        *command, "api", "--api-port", "0", env=env, cwd=stage.ROOT, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    assert api.stdout is not None
    try:
        said = ""
        while not (found := re.search(r"(http://\S+)/docs", said)):
            line = await asyncio.wait_for(api.stdout.readline(), WITHIN_S)
            if not line:
                raise SystemExit(f"the API does not start: {said}")
            said += line.decode()
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=found[1], headers=headers, timeout=60) as client:
            body = {"type": "EXECUTE_ACTION", "actionName": "report"}
            answers = [await client.post(f"/apps/{stage.APP}/jobs", json=body) for _ in range(count)]
            body = {"type": "EXPORT_RECORDS", "entityName": "companies"}
            answers.append(await client.post(f"/apps/{stage.APP}/jobs", json=body))
            await there_and_back(client)
            (await client.get(f"/apps/{stage.APP}/jobs")).raise_for_status()
        return [UUID(answer.raise_for_status().json()["id"]) for answer in answers]
    finally:
        api.terminate()
        await api.communicate()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=200)
    if BOUNCER is None:
        sys.exit("there is no pgbouncer here: install Debian's package")
    sys.exit(asyncio.run(main(parser.parse_args())))
