"""What waiting jobs cost: memory of the worker, processes, and how long it takes to wake and finish them all.

    python3 dev.py bench parked [--jobs 10000] [--slots 4]

All jobs wait for one job, half of them in each language; then that job is canceled.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import gc
import os
import sys
import time
from pathlib import Path

import _stage as stage

from engine import app
from engine.db.pool import Pool
from engine.jobs import commands
from engine.settings import Settings

SCRIPTS = {
    "wait.js": "return sys.jobs.waitForJob(params.id, ['FINISHED', 'CANCELED']).status();",
    "wait.py": "return sys.jobs.waitForJob(params['id'], ['FINISHED', 'CANCELED']).status()",
}
# Enough to have every module imported, every cache filled, and memory at the height to which making a thousand jobs at
# once takes it: that is no matter of how many wait, and was taken for it with 200.
WARM = 1000
_PARKED = "select count(*) as n from headrace.jobs_live where status = 'RUNNING' and worker_id is null"
_LEFT = "select count(*) as n from headrace.jobs_live"


def memory() -> int:
    """Bytes that this process holds in memory, without what it shares with others and what malloc keeps of the freed:
    how much that is depends on how many jobs were made at once, not on how many wait."""
    gc.collect()
    # Only glibc has it.
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
    pages = Path("/proc/self/statm").read_text().split()
    return (int(pages[1]) - int(pages[2])) * 4096


def children() -> int:
    """The processes that run or wait below this one's zygotes."""
    parents = {1: 0}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            parents[int(stat.parent.name)] = int(fields[1])
        except OSError:  # it has ended meanwhile
            continue
    return sum(_below(pid, parents) for pid in parents)


def _below(pid: int, parents: dict[int, int]) -> bool:
    while (pid := parents.get(pid, 0)) > 1:
        if pid == os.getpid():
            return True
    return False


async def until(pool: Pool, query: str, wanted: int) -> None:
    """Returns when the count is that."""
    while (await pool.fetch(query))[0]["n"] != wanted:  # noqa: ASYNC110 - the database is asked
        await asyncio.sleep(0.2)


async def park(pool: Pool, awaited: str, jobs: int, total: int) -> float:
    """Seconds until so many more jobs wait."""
    began = time.monotonic()
    new = [stage.script(name, SCRIPTS[name], {"id": awaited}) for name in list(SCRIPTS) * (jobs // 2)]
    for at in range(0, len(new), 1000):
        await stage.create(pool, new[at : at + 1000])
    await until(pool, _PARKED, total)
    return time.monotonic() - began


async def measure(pool: Pool, options: argparse.Namespace) -> int:
    """Prints the figures; the exit code."""
    (awaited,) = await stage.create(pool, [stage.script("late.js", "return 1;", {}, delay_ms=10**9)])
    await park(pool, str(awaited), WARM, WARM)
    before, processes = memory(), children()
    seconds = await park(pool, str(awaited), options.jobs, WARM + options.jobs)
    grown = (memory() - before) / options.jobs
    print(f"{options.jobs} jobs parked in {seconds:.0f} s: {grown:.0f} bytes each in the worker", flush=True)
    print(f"processes below the worker: {processes} before, {children()} while they wait", flush=True)
    began = time.monotonic()
    await pool.run(lambda conn: commands.cancel(conn, stage.APP, awaited))
    print(f"all woken in {time.monotonic() - began:.2f} s, in the transaction of the cancel", flush=True)
    await until(pool, _LEFT, 0)
    rows = await pool.fetch(
        "select count(*) as n from headrace.job_results where results #>> '{results,response}' = 'CANCELED'"
    )
    print(f"all finished {time.monotonic() - began:.0f} s later, {rows[0]['n']} saw the right status", flush=True)
    return 0 if rows[0]["n"] == WARM + options.jobs and grown < 1000 else 1


async def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="dev.py bench parked", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--slots", type=int, default=4)
    options = parser.parse_args()
    async with stage.server() as found:
        settings = Settings(database_url=found.dsn, slots=options.slots, poll_ms=1000)
        async with app.open_database(settings) as database, app.open_worker(settings, database.pool) as worker:
            running = asyncio.create_task(worker.run())
            code = await measure(database.pool, options)
            worker.stop()
            await running
    return code


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
