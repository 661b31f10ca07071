"""Kills everything that can be killed while scripts work, then counts what they did.

    python3 dev.py chaos [--minutes 2] [--jobs 200] [--seed N]

Jobs in both languages have 20 effects each: they increment records, write logs, start children and wait for
them, set flags, pause. Meanwhile workers are killed with SIGKILL several times a second, others are sent
SIGTERM, PostgreSQL crashes twice, and random jobs are stopped and resumed. At the end every counter must be
exact, and a listener must have heard each change of each record once. Exit code 1 on any violation.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from typing import Any
from uuid import UUID

import _stage as stage
from _chaos_scripts import SCRIPTS

from engine.db.embedded import EmbeddedServer
from engine.db.pool import Pool
from engine.errors import BadRequest, HeadraceError
from engine.jobs import commands
from engine.settings import Settings

WORKERS = 4
SHARED = 10
# How long the jobs may take once nobody is killed any more.
CALM_S = 180.0


@dataclass(slots=True)
class Score:
    """What happened, and what should not have."""

    kills: int = 0
    terms: int = 0
    restarts: int = 0
    stops: int = 0
    resumes: int = 0
    replays: int = 0
    violations: list[str] = field(default_factory=list)


class Chaos:
    """One run: the jobs, those who work on them, and those who disturb."""

    def __init__(self, found: EmbeddedServer, pool: Pool, options: argparse.Namespace) -> None:
        self._server = found
        self._pool = pool
        self._seconds = options.minutes * 60
        self._count = options.jobs
        self._random = random.Random(options.seed)  # noqa: S311 - meant to be repeatable
        self._settings = Settings(
            database_url=found.dsn, slots=4, pool_size=5, poll_ms=200, heartbeat_ms=150, stale_ms=900, grace_ms=0
        )
        self._workers: list[ForkServerProcess] = []
        self._records: dict[str, UUID] = {}
        self._jobs: dict[UUID, int] = {}
        self.score = Score()

    async def run(self) -> Score:
        """The score, once all jobs are over or too late."""
        await self._prepare()
        keeper = asyncio.create_task(self._repeat(0.05, self._keep_workers))
        await self._first_start()
        end = time.monotonic() + self._seconds
        disturbers = [asyncio.create_task(work) for work in self._disturbers()]
        while time.monotonic() < end and await self._unfinished():  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(0.5)
        for task in disturbers:
            task.cancel()
        for error in await asyncio.gather(*disturbers, return_exceptions=True):
            if isinstance(error, Exception):
                self.score.violations.append(f"nobody disturbed any more: {error!r}")
        await self._calm()
        keeper.cancel()
        await self._end_workers()
        await self._judge()
        return self.score

    def _disturbers(self) -> list[Coroutine[Any, Any, None]]:
        return [
            self._repeat(0.3, self._kill_a_worker),
            self._repeat(0.4, self._stop_a_job),
            self._repeat(0.5, self._resume_jobs),
            self._crash_the_server(signal.SIGQUIT, after=self._seconds * 0.12),
            self._crash_the_server(signal.SIGINT, after=self._seconds * 0.3),
        ]

    async def _repeat(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(self._random.uniform(0.5, 1.5) * seconds)
            with suppress(HeadraceError):  # the server may be down
                await work()

    # The stage

    async def _prepare(self) -> None:
        names = [f"own {n}" for n in range(self._count)] + [f"shared {n}" for n in range(SHARED)]
        rows = await self._pool.fetch(
            "insert into headrace.records (app, entity, id, data) "
            "select $1, 'companies', headrace.uuid_v7(), jsonb_build_object('name', n, 'visits', 0, 'score', 0) "
            "from unnest($2::text[]) as names (n) returning id, data",
            stage.APP,
            names,
        )
        self._records = {row["data"]["name"]: row["id"] for row in rows}
        jobs = []
        for n in range(self._count):
            name = ("chaos.js", "chaos.py")[n % 2]
            params = {
                "n": n,
                "own": str(self._records[f"own {n}"]),
                "shared": str(self._records[f"shared {n % SHARED}"]),
            }
            delay_ms = round(self._random.uniform(0, self._seconds * 400))
            jobs.append(stage.script(name, SCRIPTS[name], params)._replace(delay_ms=delay_ms))
        self._jobs = {id: n for n, id in enumerate(await stage.create(self._pool, jobs))}

    async def _first_start(self) -> None:
        """Nothing is disturbed before there is something to disturb: a busy machine starts workers slowly."""
        query = "select 1 from headrace.jobs where started_at is not null limit 1"
        while not await self._pool.fetch(query):  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(0.1)

    async def _unfinished(self) -> int:
        with suppress(HeadraceError):
            rows = await self._pool.fetch(
                "select (select count(*) from headrace.jobs_live) + (select count(*) from headrace.events) as n"
            )
            return int(rows[0]["n"])
        return 1

    async def _keep_workers(self) -> None:
        self._workers = [worker for worker in self._workers if worker.is_alive()]
        while len(self._workers) < WORKERS:
            self._workers.append(await asyncio.to_thread(stage.start_worker, self._settings))

    # The disturbances

    async def _kill_a_worker(self) -> None:
        alive = [worker for worker in self._workers if worker.is_alive() and worker.pid]
        if not alive:
            return
        victim = self._random.choice(alive)
        if self._random.random() < 0.15:
            victim.terminate()
            self.score.terms += 1
        else:
            victim.kill()
            self.score.kills += 1

    async def _crash_the_server(self, how: signal.Signals, *, after: float) -> None:
        await asyncio.sleep(after)
        while not await self._answers():  # noqa: ASYNC110 - the server is asked
            await asyncio.sleep(0.1)
        os.kill(stage.postmaster(self._server), how)
        self.score.restarts += 1

    async def _answers(self) -> bool:
        """Whether the server is up: on a busy machine it may still start after the crash before."""
        with suppress(HeadraceError):
            return bool(await self._pool.fetch("select 1"))
        return False

    async def _stop_a_job(self) -> None:
        rows = await self._pool.fetch(
            "select id from headrace.jobs_live where status in ('PENDING', 'RUNNING') and started_at is not null"
        )
        if not rows:
            return
        target = self._random.choice(rows)["id"]
        force = self._random.random() < 0.3
        with suppress(BadRequest):  # it has ended meanwhile
            await self._pool.run(lambda conn: commands.stop(conn, stage.APP, target, force=force))
            self.score.stops += 1

    async def _resume_jobs(self) -> None:
        for row in await self._pool.fetch("select id from headrace.jobs_live where status = 'STOPPED'"):
            await self._resume(row["id"])

    async def _resume(self, id: UUID) -> None:
        with suppress(BadRequest):  # resumed with its parent
            await self._pool.run(lambda conn: commands.resume(conn, stage.APP, id))
            self.score.resumes += 1

    async def _calm(self) -> None:
        end = time.monotonic() + CALM_S
        while await self._unfinished() and time.monotonic() < end:
            with suppress(HeadraceError):
                await self._resume_jobs()
            await asyncio.sleep(0.3)

    async def _end_workers(self) -> None:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            await asyncio.to_thread(worker.join, 30)
            worker.kill()

    # The verdict

    async def _judge(self) -> None:
        rows = await self._pool.fetch(
            "select j.id, j.type, j.parent_id, j.status, j.has_errors, j.attempt, r.results, r.error "
            "from headrace.jobs j left join headrace.job_results r on r.job_id = j.id"
        )
        jobs = {row["id"]: row for row in rows}
        children = Counter(row["parent_id"] for row in rows if row["parent_id"])
        lines: dict[UUID, list[str]] = {}
        for row in await self._pool.fetch("select job_id, message from headrace.job_logs order by job_id, n"):
            lines.setdefault(row["job_id"], []).append(row["message"])
        self.score.replays = sum(max(0, row["attempt"] - 1) for row in rows)
        for row in rows:
            self._expect(row["id"], "status", row["status"], "FINISHED")
            self._expect(row["id"], "error", (row["has_errors"], row["error"]), (False, None))
        for id in self._jobs:
            self._expect(id, "children", children[id], 3)
            left = ((jobs[id]["results"] or {}).get("results") or {}).get("response") or {}
            self._expect(id, "log lines", lines.get(id), left.get("seen"))
            self._expect(id, "number of lines", len(lines.get(id, [])), 6)
        heard = [row["id"] for row in rows if row["type"] == "EXECUTE_LISTENER"]
        self._expect("all", "jobs", len(rows) - len(heard), 4 * self._count)
        self._judge_listeners(Counter(line for id in heard for line in lines.get(id, [])), len(heard))
        await self._judge_records()

    def _judge_listeners(self, said: Counter[str], count: int) -> None:
        """The app's listener heard each increment of each record, once."""
        self._expect("all", "listeners", count, 9 * self._count)
        for n in self._jobs.values():
            self._expect(f"own {n}", "changes heard", said[f"own {n} changed: visits"], 8)
        shared = sum(said[f"shared {n} changed: score"] for n in range(SHARED))
        self._expect("all", "changes of shared records heard", shared, self._count)

    async def _judge_records(self) -> None:
        data = {row["id"]: row["data"] for row in await self._pool.fetch("select id, data from headrace.records")}
        self._expect("all", "records", len(data), len(self._records))
        for id, n in self._jobs.items():
            self._expect(id, "visits", data[self._records[f"own {n}"]]["visits"], 8)
        score = sum(data[self._records[f"shared {n}"]]["score"] for n in range(SHARED))
        self._expect("all", "shared score", score, self._count)

    def _expect(self, who: object, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            shown = json.dumps(found, default=str)[:300]
            self.score.violations.append(f"{who}: {what} is {shown}, not {json.dumps(wanted, default=str)[:300]}")


async def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="dev.py chaos", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=2, help="how long everything is disturbed at most")
    parser.add_argument("--jobs", type=int, default=200, help="scripts that are started, half of them in each language")
    parser.add_argument("--seed", type=int, default=1, help="of the random choices")
    options = parser.parse_args()
    began = time.monotonic()
    async with stage.server(durable=True) as found:
        pool = await Pool.connect(found.dsn)
        score = await Chaos(found, pool, options).run()
        await pool.close()
    print(
        f"chaos: {options.jobs} jobs with {options.jobs * 3} children and {options.jobs * 9} listeners in "
        f"{time.monotonic() - began:.0f} s; "
        f"kills survived: {score.kills}, SIGTERM: {score.terms}, restarts of PostgreSQL: {score.restarts}, "
        f"stops: {score.stops}, resumes: {score.resumes}, replays: {score.replays}, violations: {len(score.violations)}"
    )
    for violation in score.violations[:20]:
        print(f"  {violation}")
    return 1 if score.violations else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
