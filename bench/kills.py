"""Kills one of two workers in the middle of 2,000 jobs, twenty times over, and counts what the jobs did.

    python3 dev.py bench kills [--rounds 20] [--jobs 2000] [--seed N]

Each job is a script that saves a record of its own and returns its attempt. After each round every job must
be FINISHED once without errors, have saved one record, and have the result of the attempt that holds it in
the history: a result of another attempt would come from a lost claim. Exit code 1 on any violation.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from dataclasses import dataclass
from uuid import UUID

import _stage as stage

from engine.db.pool import Pool
from engine.settings import Settings

SOURCE = """
var record = sys.data.createRecord('companies');
record.field('name').val(params.name);
sys.data.save(record);
return sys.jobs.getCurrentJob().attempt();
"""
OVER = "select count(*) from headrace.jobs_history where id = any ($1::uuid[])"
JUDGE = """
select
    count(*) filter (where h.status = 'FINISHED' and not h.has_errors) as finished,
    count(*) filter (where h.attempt > 1) as again,
    count(*) filter (where r.results -> 'results' -> 'response' = to_jsonb(h.attempt)) as own,
    count(*) as rows, count(distinct h.id) as jobs, (select count(*) from headrace.jobs_live) as live
from headrace.jobs_history h left join headrace.job_results r on r.job_id = h.id
where h.id = any ($1::uuid[])
"""
RECORDS = (
    "select count(*) as n, count(distinct data ->> 'name') as names from headrace.records where data ->> 'name' like $1"
)
# A round that takes longer is stuck: a job was lost.
LONGEST_S = 600.0


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did; `wrong` names what should not have happened."""

    seconds: float
    killed_at: int
    again: int
    wrong: list[str]


async def one_round(pool: Pool, settings: Settings, number: int, jobs: int, chance: random.Random) -> Round:
    """Two workers begin, one of them is killed at a random point of the middle third; a third one joins."""
    workers = [stage.start_worker(settings) for _ in range(2)]
    new = [stage.script("kills.js", SOURCE, {"name": f"round {number} job {n}"}) for n in range(jobs)]
    ids = await stage.create(pool, new)
    began = time.monotonic()
    try:
        killed_at = await _until(pool, ids, chance.randint(jobs // 3, jobs * 2 // 3))
        workers[chance.randrange(2)].kill()
        workers.append(stage.start_worker(settings))
        await _until(pool, ids, jobs)
        seconds = time.monotonic() - began
    finally:
        for worker in workers:
            if worker.is_alive():
                worker.terminate()
        for worker in workers:
            await asyncio.to_thread(worker.join)
    again, wrong = await _judge(pool, ids, number)
    return Round(seconds, killed_at, again, wrong)


async def _until(pool: Pool, ids: list[UUID], count: int) -> int:
    """How many jobs are over, once they are so many; or after LONGEST_S."""
    end = time.monotonic() + LONGEST_S
    while True:
        row = await pool.fetchrow(OVER, ids)
        over = int(row["count"]) if row else 0
        if over >= count or time.monotonic() > end:
            return over
        await asyncio.sleep(0.05)


async def _judge(pool: Pool, ids: list[UUID], number: int) -> tuple[int, list[str]]:
    found = await pool.fetchrow(JUDGE, ids)
    records = await pool.fetchrow(RECORDS, f"round {number} job %")
    assert found is not None and records is not None
    jobs = len(ids)
    checks = {
        f"{found['finished']} of {jobs} finished": found["finished"] == jobs,
        f"{found['rows']} ends of {found['jobs']} jobs": found["rows"] == found["jobs"] == jobs,
        f"{found['own']} of {jobs} results are of the attempt that holds the job": found["own"] == jobs,
        f"{records['n']} records of {records['names']} jobs": records["n"] == records["names"] == jobs,
        f"{found['live']} jobs are left": found["live"] == 0,
    }
    return int(found["again"]), [text for text, holds in checks.items() if not holds]


async def main(options: argparse.Namespace) -> int:
    """The exit code."""
    chance = random.Random(options.seed)  # noqa: S311 - meant to be repeatable
    wrong = 0
    async with stage.server() as found:
        pool = await Pool.connect(found.dsn)
        settings = Settings(
            database_url=found.dsn, slots=8, pool_size=12, poll_ms=200, heartbeat_ms=200, stale_ms=2000, grace_ms=1000
        )
        for number in range(1, options.rounds + 1):
            one = await one_round(pool, settings, number, options.jobs, chance)
            wrong += len(one.wrong)
            verdict = "; ".join(one.wrong) or "each job once"
            print(
                f"round {number:2}: {options.jobs} jobs in {one.seconds:5.1f} s, killed a worker at {one.killed_at}, "
                f"{one.again} jobs ran again: {verdict}",
                flush=True,
            )
        await pool.close()
    print(f"{options.rounds} kills, {options.rounds * options.jobs} jobs, {wrong} violations")
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    sys.exit(asyncio.run(main(parser.parse_args())))
