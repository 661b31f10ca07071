"""Does a snapshot that somebody holds slow the queue down? 2,000 jobs a second for five minutes, it is never let go.

    python3 dev.py bench held [--rate 2000] [--seconds 300] [--burst 40000] [--pairs 5] [--free]

One worker process with a handler, its whole history kept, on a durable server. Bursts in the first minute and in the
last one tell the capacity: how many jobs a second the worker ends from the burst's commit until its last job is over.
The load waits meanwhile, and makes up for it afterwards.

The machine has a speed of its own, which varies. So each burst has a control right behind it: the same burst for a
second worker in a second database of the same server, where nobody holds a snapshot (a snapshot keeps dead rows of its
own database alone). What counts is the capacity in terms of the control's; the bare ratio is printed as well, and the
CPU that the server and the worker took for a job of a burst. --free holds no snapshot, for comparison.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit
from uuid import UUID

import _stage as stage
from asyncpg import Connection, Record

from engine.db.embedded import EmbeddedServer
from engine.db.migrate import migrate
from engine.db.pool import Pool
from engine.jobs import requests, store
from engine.jobs.requests import Requester

RACERS = Path(__file__).resolve().parent / "queue" / "racers.py"
ANN = Requester("crm", "ann")
TICK_S = 0.02
# What the load makes at once when it has to make up for a pause.
MOST = 500
WARM_S = 10.0
# Wanted: the last minute's capacity beside the first one's.
WANTED = 0.9
MINUTE_S = 60.0
SIZES = """
select pg_total_relation_size('headrace.jobs_live') as live,
    (select sum(pg_total_relation_size(c.oid))::bigint from pg_class c where c.relname like 'job\\_ready\\__') as ready
"""


class Load:
    """Makes jobs at a steady rate until it is cancelled; `made` counts them, `newest` are of the last ones."""

    def __init__(self, pool: Pool, rate: int) -> None:
        self._pool = pool
        self._rate = rate
        self.paused = asyncio.Lock()
        self.made = 0
        self.newest: list[UUID] = []

    async def run(self) -> None:
        """As many as the clock says by now, every 20 ms; none while somebody holds `paused`, which it makes up for."""
        began, steady = time.monotonic(), 0
        while True:
            async with self.paused:
                due = min(MOST, int((time.monotonic() - began) * self._rate) - steady)
                if due > 0:
                    steady += due
                    await self.make(due)
            await asyncio.sleep(TICK_S)

    async def make(self, count: int) -> None:
        """So many at once."""
        async with self._pool.transaction() as conn:
            ids = await store.create(conn, [requests.call_handler(ANN, "noop", {}, {}) for _ in range(count)])
        self.made, self.newest = self.made + count, ids[-500::10]


@dataclass(frozen=True, slots=True)
class Burst:
    """Jobs a second that a worker ended while it had more than it could do, and the CPU for one of them, in µs."""

    rate: float
    server_us: float
    worker_us: float


@dataclass(frozen=True, slots=True)
class Pair:
    """A burst beside the held snapshot, and the control right behind it."""

    held: Burst
    control: Burst

    @property
    def share(self) -> float:
        """The capacity in terms of the control's."""
        return self.held.rate / self.control.rate


class Queue:
    """A database with a worker of its own."""

    def __init__(
        self, found: EmbeddedServer, pool: Pool, load: Load, worker: Process, watcher: Connection[Record]
    ) -> None:
        self._cluster = (found.data_dir / "cluster").resolve()
        self._worker = worker
        self._watcher = watcher
        self.pool = pool
        self.load = load

    @classmethod
    @asynccontextmanager
    async def open(cls, found: EmbeddedServer, dsn: str, rate: int) -> AsyncIterator[Queue]:
        """Migrates the database, and starts the worker."""
        pool = await Pool.connect(dsn, max_size=6)
        await migrate(pool)
        worker = await asyncio.create_subprocess_exec(
            sys.executable, str(RACERS), "headrace", "work", dsn, stdout=DEVNULL
        )
        watcher = await pool.dedicated()
        # Its plan is made while the table is small: it would walk over the whole burst each time.
        await watcher.execute("set enable_seqscan = off")
        try:
            yield cls(found, pool, Load(pool, rate), worker, watcher)
        finally:
            worker.send_signal(signal.SIGTERM)
            await worker.wait()
            await watcher.close()
            await pool.close()

    async def burst(self, count: int) -> Burst:
        """From the commit until the last job is over, on a queue that was empty before."""
        await self._over(self.load.newest)
        await self.load.make(count)
        began, server, worker = time.monotonic(), stage.cpu_s(self._cluster), stage.process_cpu_s(self._worker.pid)
        await self._over(self.load.newest)
        took = time.monotonic() - began
        return Burst(
            count / took,
            (stage.cpu_s(self._cluster) - server) / count * 1e6,
            (stage.process_cpu_s(self._worker.pid) - worker) / count * 1e6,
        )

    async def _over(self, ids: Sequence[UUID]) -> None:
        """Jobs are claimed in their order. By ids: a scan would walk over every job that the snapshot keeps."""
        while await self._watcher.fetch("select from headrace.jobs_live where id = any ($1)", ids):  # noqa: ASYNC110
            await asyncio.sleep(TICK_S)


async def minute(held: Queue, control: Queue, options: argparse.Namespace) -> list[Pair]:
    """The pairs, spread over a minute, and a line on each."""
    began, found = time.monotonic(), []
    for n in range(1, options.pairs + 1):
        async with held.load.paused:
            pair = Pair(await held.burst(options.burst), await control.burst(options.burst))
        found.append(pair)
        sizes = (await held.pool.fetch(SIZES))[0]
        print(
            f"{held.load.made:9,} jobs: {_told(pair.held)}; control {_told(pair.control)}; {pair.share:.2f} of it; "
            f"live {sizes['live'] / 1e6:.0f} MB, lists {sizes['ready'] / 1e6:.1f} MB",
            flush=True,
        )
        await asyncio.sleep(max(0.0, n * MINUTE_S / options.pairs - (time.monotonic() - began)))
    return found


def _told(burst: Burst) -> str:
    return (
        f"{burst.rate:6,.0f} jobs/s, CPU of the server {burst.server_us:4.1f} and the worker {burst.worker_us:4.1f} µs"
    )


def compared(what: str, first: Sequence[Pair], last: Sequence[Pair], figure: Callable[[Pair], float]) -> float:
    """The last minute's median in terms of the first one's, and a line on them."""
    one, other = median(map(figure, first)), median(map(figure, last))
    print(f"{what}: {one:9,.2f} in the first minute, {other:9,.2f} in the last one: {other / one:.2f}")
    return other / one


async def main(options: argparse.Namespace) -> int:
    """0 if the capacity held."""
    async with stage.disk_server() as found:
        pool = await Pool.connect(found.dsn, max_size=1)
        await pool.execute("create database control")
        await pool.close()
        other = urlsplit(found.dsn)._replace(path="/control").geturl()
        async with (
            Queue.open(found, found.dsn, options.rate) as held,
            Queue.open(found, other, options.rate) as control,
        ):
            first, last = await _measured(held, control, options)
    compared("jobs/s beside the snapshot", first, last, lambda pair: pair.held.rate)
    compared("jobs/s of the control     ", first, last, lambda pair: pair.control.rate)
    compared("CPU of the server, µs     ", first, last, lambda pair: pair.held.server_us)
    compared("CPU of the worker, µs     ", first, last, lambda pair: pair.held.worker_us)
    share = compared("capacity / control        ", first, last, lambda pair: pair.share)
    print(f"capacity of the last minute: {share:.2f} of the first one's (wanted {WANTED})")
    return 0 if share >= WANTED else 1


async def _measured(held: Queue, control: Queue, options: argparse.Namespace) -> tuple[list[Pair], list[Pair]]:
    """The pairs of the first minute and those of the last one."""
    holder = await held.pool.dedicated()
    running = asyncio.create_task(held.load.run())
    try:
        await asyncio.sleep(WARM_S)
        if not options.free:
            await holder.execute("begin isolation level repeatable read")
            await holder.fetchval("select count(*) from headrace.jobs")
        began = time.monotonic()
        first = await minute(held, control, options)
        await asyncio.sleep(max(0.0, options.seconds - MINUTE_S - (time.monotonic() - began)))
        return first, await minute(held, control, options)
    finally:
        running.cancel()
        await holder.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--burst", type=int, default=40_000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--free", action="store_true")
    sys.exit(asyncio.run(main(parser.parse_args())))
