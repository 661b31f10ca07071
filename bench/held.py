"""Does a snapshot that somebody holds slow the queue down? 2,000 jobs a second for five minutes, it is never let go.

    python3 dev.py bench held [--rate 2000] [--seconds 300] [--burst 20000] [--free]

One worker process with a handler, its whole history kept, on a durable server. Three bursts in the first minute and
three in the last one tell the capacity: how many jobs a second the worker ends from the burst's commit until its last
job is over. --free holds no snapshot, for comparison.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from uuid import UUID

import _stage as stage

from engine.db.migrate import migrate
from engine.db.pool import Pool
from engine.jobs import requests, store
from engine.jobs.requests import Requester

RACERS = Path(__file__).resolve().parent / "queue" / "racers.py"
ANN = Requester("crm", "ann")
TICK_S = 0.02
# Wanted: the last minute's capacity beside the first one's.
WANTED = 0.9
SIZES = """
select pg_total_relation_size('headrace.jobs_live') as live,
    (select sum(pg_total_relation_size(c.oid))::bigint from pg_class c where c.relname like 'job\\_ready\\__') as ready
"""


class Load:
    """Makes jobs at a steady rate until it is cancelled; `made` counts them."""

    def __init__(self, pool: Pool, rate: int) -> None:
        self._pool = pool
        self._rate = rate
        self.made = 0

    async def run(self) -> None:
        """As many as the clock says by now, every 20 ms."""
        began, steady = time.monotonic(), 0
        while True:
            due = int((time.monotonic() - began) * self._rate) - steady
            if due > 0:
                steady += due
                await self.make(due)
            await asyncio.sleep(TICK_S)

    async def make(self, count: int) -> list[UUID]:
        """So many at once; their ids."""
        async with self._pool.transaction() as conn:
            ids = await store.create(conn, [requests.call_handler(ANN, "noop", {}, {}) for _ in range(count)])
        self.made += count
        return ids


async def capacity(pool: Pool, load: Load, burst: int) -> float:
    """Jobs a second that the worker ends while it has more than it can do; jobs are claimed in their order.

    What is left is asked by ids: a scan would walk over every job that the snapshot keeps.
    """
    ids = await load.make(burst)
    began = time.monotonic()
    while await pool.fetch("select from headrace.jobs_live where id = any ($1)", ids[-500:]):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    return burst / (time.monotonic() - began)


async def measured(pool: Pool, load: Load, options: argparse.Namespace) -> list[float]:
    """Three capacities, ten seconds apart, and a line on each."""
    found = []
    for _ in range(3):
        found.append(await capacity(pool, load, options.burst))
        sizes = (await pool.fetch(SIZES))[0]
        print(
            f"{load.made:9,} jobs: {found[-1]:7,.0f} jobs/s, live {sizes['live'] / 1e6:6.1f} MB, "
            f"lists {sizes['ready'] / 1e6:5.1f} MB",
            flush=True,
        )
        await asyncio.sleep(10)
    return found


async def main(options: argparse.Namespace) -> int:
    """0 if the capacity held."""
    async with stage.disk_server() as found:
        pool = await Pool.connect(found.dsn, max_size=6)
        await migrate(pool)
        command = [sys.executable, str(RACERS), "headrace", "work", found.dsn]
        worker = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL)
        holder = await pool.dedicated()
        load = Load(pool, options.rate)
        running = asyncio.create_task(load.run())
        try:
            await asyncio.sleep(10)
            if not options.free:
                await holder.execute("begin isolation level repeatable read")
                await holder.fetchval("select count(*) from headrace.jobs")
            began = time.monotonic()
            first = await measured(pool, load, options)
            await asyncio.sleep(max(0.0, options.seconds - 45 - (time.monotonic() - began)))
            last = await measured(pool, load, options)
        finally:
            running.cancel()
            worker.send_signal(signal.SIGTERM)
            await worker.wait()
            await holder.close()
            await pool.close()
    share = median(last) / median(first)
    print(f"capacity of the last minute: {share:.2f} of the first one's (wanted {WANTED})")
    return 0 if share >= WANTED else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--burst", type=int, default=20_000)
    parser.add_argument("--free", action="store_true")
    sys.exit(asyncio.run(main(parser.parse_args())))
