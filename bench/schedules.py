"""Kills schedulers while they make runs, then counts the runs: each must exist once, with its job.

    python3 dev.py bench schedules [--schedules 500] [--seconds 120] [--processes 3] [--seed N]

Every schedule has a run each second from one moment to another, with the missed-run policy `all`; three schedulers
share them, and twice a second one is killed with SIGKILL and another started. Exit code 1 if a run is missing,
doubled, or without its job.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import _stage as stage

from engine.db.pool import Pool
from engine.schedule.model import Missed

# Long enough to create the schedules and start the first processes.
AHEAD = timedelta(seconds=10)
CALM_S = 300.0
LEFT = "select count(*) as n from headrace.schedules where look_at is not null"
JUDGE = """
with expected as (
    select s.id, d as due_at from headrace.schedules s, generate_series(s.start_at, s.end_at, interval '1 second') d
)
select
    (select count(*) from expected) as expected,
    count(*) as runs,
    count(distinct (r.schedule_id, r.due_at)) as different,
    count(distinct r.job_id) as with_a_job,
    count(j.id) as jobs_there,
    (select count(*) from headrace.jobs) as jobs,
    (select count(*) from expected e where not exists (
        select from headrace.schedule_runs x where x.schedule_id = e.id and x.due_at = e.due_at)) as missing,
    (select sum(executed) from headrace.schedules) as counted,
    extract(epoch from percentile_cont(0.5) within group (order by r.at - r.due_at)) as p50,
    extract(epoch from percentile_cont(0.95) within group (order by r.at - r.due_at)) as p95,
    extract(epoch from percentile_cont(0.99) within group (order by r.at - r.due_at)) as p99,
    extract(epoch from max(r.at - r.due_at)) as most
from headrace.schedule_runs r left join headrace.jobs j on j.id = r.job_id
"""


class Schedulers:
    """Processes that make runs, one of which is killed now and then."""

    def __init__(self, dsn: str, count: int, seed: int) -> None:
        self._dsn = dsn
        self._count = count
        self._random = random.Random(seed)  # noqa: S311 - meant to be repeatable
        self._running: list[subprocess.Popen[bytes]] = []
        self.kills = 0

    def keep(self) -> None:
        """As many as there should be."""
        while len(self._running) < self._count:
            words = [sys.executable, "-m", "tests.acceptance.scheduler_process", self._dsn]
            self._running.append(subprocess.Popen(words, cwd=stage.ROOT, stdout=subprocess.DEVNULL))

    def kill(self) -> None:
        """One of them, with SIGKILL."""
        victim = self._running.pop(self._random.randrange(len(self._running)))
        victim.kill()
        victim.wait()
        self.kills += 1

    async def disturb(self) -> None:
        """Kills one twice a second, until it is cancelled."""
        while True:
            await asyncio.sleep(self._random.uniform(0.25, 0.75))
            self.kill()
            self.keep()

    def end(self) -> None:
        """All of them."""
        for process in self._running:
            process.kill()
            process.wait()


async def main(options: argparse.Namespace) -> int:
    """The exit code."""
    async with stage.server(durable=True) as found:
        pool = await Pool.connect(found.dsn)
        try:
            return await measure(pool, Schedulers(found.dsn, options.processes, options.seed), options)
        finally:
            await pool.close()


async def measure(pool: Pool, schedulers: Schedulers, options: argparse.Namespace) -> int:
    """Runs it, prints the figures, and tells whether they are right."""
    start = datetime.now(UTC).replace(microsecond=0) + AHEAD
    end = start + timedelta(seconds=options.seconds - 1)
    tags = [f"every-second-{n}" for n in range(options.schedules)]
    await stage.schedule(pool, tags, interval_ms=1000, start_at=start, end_at=end, missed=Missed.ALL)
    schedulers.keep()
    await asyncio.sleep(max(0.0, (start - datetime.now(UTC)).total_seconds()))
    disturbing = asyncio.create_task(schedulers.disturb())
    await asyncio.sleep(options.seconds)
    disturbing.cancel()
    late_s = await calm(pool)
    schedulers.end()
    (row,) = await pool.fetch(JUDGE)
    print(
        f"{options.schedules} schedules of 1 s for {options.seconds} s, {options.processes} schedulers, "
        f"{schedulers.kills} SIGKILLs: {row['expected']:,} runs due, {row['runs']:,} there, {row['missing']} missing, "
        f"{row['runs'] - row['different']} doubled; {row['jobs']:,} jobs, {row['jobs_there']:,} of them of a run"
    )
    print(
        f"made after they were due: median {row['p50']:.2f} s, 95 % {row['p95']:.2f} s, 99 % {row['p99']:.2f} s, "
        f"most {row['most']:.2f} s; the last run was made {late_s:.1f} s after the end"
    )
    counts = {row[name] for name in ("expected", "runs", "different", "with_a_job", "jobs_there", "jobs", "counted")}
    return 0 if len(counts) == 1 and not row["missing"] else 1


async def calm(pool: Pool) -> float:
    """How many seconds it takes until no run is left to be made."""
    began = time.monotonic()
    while (await pool.fetch(LEFT))[0]["n"] and time.monotonic() - began < CALM_S:  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    return time.monotonic() - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schedules", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    sys.exit(asyncio.run(main(parser.parse_args())))
