"""What millions of finished jobs cost: the queue, and the first page of every filter of sys.jobs.find and of several.

    python3 dev.py bench history [--history 10000000] [--small 10000] [--runs 20] [--rounds 5] [--all]

Two databases on one server on the disk. One app of twenty has half of the jobs; types, statuses and errors are as a
platform leaves them: errors of one type only, another type rare, a few jobs that took minutes or hours. In turn on both
batches of jobs are created, claimed and finished, and then each combination of filters is asked (--all prints each, not
only the slowest). The last lines name every figure out of bounds, and the exit code is 1 if there is one: a p99 with
the long history of 20 ms or more, or a rate or median that is less than 0.95 or more than 1.1 times the short one's.
Where the short history has too few jobs to fill a page, the long one may take longer by what so many jobs of a page
cost: that of a full page with the short history, less that of one without any job. A combination that is out of bounds,
or near to it, is asked anew behind all others, in rounds over some seconds, and judged by these pages alone: what
was picked for having been slow says little about how slow it is.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit

import _stage as stage
import claim

from engine.db.migrate import migrate
from engine.db.pool import Connection, Pool
from engine.jobs.search import JobQuery, find_page

FILL = (Path(__file__).parent / "history_fill.sql").read_text(encoding="utf-8")
# Built after the jobs are there: in half of the time that it takes to keep them while they come.
INDEXES = """
select indexname, indexdef from pg_indexes
where schemaname = 'headrace' and tablename = 'jobs_history' and indexname <> 'jobs_history_pkey'
"""
CHUNK, WRITERS = 250_000, 2
APP = "app0"
MOST_P99_MS, MOST_RATIO, NOISE_MS, LEAST_RATE = 20.0, 1.1, 0.2, 0.95
# The first ones of a connection plan the statement, whatever they ask; then PostgreSQL keeps its plan.
PLANNED, JOB_RUNS, SLOWEST = 7, 100, 15
# A disturbance lasts for tenths of a second up to some seconds: a combination's pages must not all lie in one.
PASSES, ROUNDS, PAUSE_S = 4, 10, 0.5
# What makes a suspect, in terms of what it may be slower.
SUSPECT = 0.5
DAY_MS = 86_400_000

TYPES: dict[str, dict[str, Any]] = {
    "": {},
    "type": {"type": "EXECUTE_ACTION"},
    "rare type": {"type": "IMPORT_USERS"},
    "handlers": {"type": "HANDLER"},
    "types": {"type": "IMPORT_RECORDS,EXPORT_RECORDS"},
}
STATUSES: dict[str, dict[str, Any]] = {
    "": {},
    "finished": {"status": "FINISHED"},
    "canceled": {"status": "CANCELED"},
    "live": {"status": "PENDING,RUNNING"},
}
ERRORS: dict[str, dict[str, Any]] = {"": {}, "errors": {"hasErrors": True}, "no errors": {"hasErrors": False}}
# Days ago.
TIMES: dict[str, dict[str, float]] = {
    "": {},
    "created in a day": {"createFrom": 11, "createTo": 10},
    "created in a minute": {"createFrom": 10.0007, "createTo": 10},
    "created until": {"createTo": 10},
    "started in a day": {"startFrom": 11, "startTo": 10},
    "started in a minute": {"startFrom": 10.0007, "startTo": 10},
    "started since": {"startFrom": 10},
    "started until": {"startTo": 10},
    "ended in a day": {"endFrom": 11, "endTo": 10},
    "ended in a minute": {"endFrom": 10.0007, "endTo": 10},
    "ended since": {"endFrom": 10},
    "ended until": {"endTo": 10},
    "started until and ended since": {"startTo": 10, "endFrom": 9.9},
    "created until and started since": {"createTo": 10, "startFrom": 9},
}


@dataclass(slots=True, eq=False)
class Asked:
    """A combination, what its pages took with either history in ms, and how many jobs the last ones had."""

    name: str
    query: JobQuery
    short: list[float] = field(default_factory=list)
    long: list[float] = field(default_factory=list)
    jobs: tuple[int, ...] = ()

    @property
    def p99(self) -> float:
        """With the long history."""
        return quantiles(self.long, n=100, method="inclusive")[98]

    def excess(self, job_ms: float) -> float:
        """By how much of what it may be slower it is, where a job of a page takes so long; over 1 is out of bounds."""
        short, fuller = median(self.short), max(0, self.jobs[1] - self.jobs[0]) * job_ms
        return (median(self.long) - short - fuller) / ((MOST_RATIO - 1) * short + NOISE_MS)

    def wrong(self, job_ms: float) -> str:
        """Which bound it misses; none is an empty text."""
        return ("slower " if self.excess(job_ms) > 1 else "") + ("p99" if self.p99 >= MOST_P99_MS else "")

    def suspect(self, job_ms: float) -> bool:
        """Whether it is to be asked anew."""
        return bool(self.wrong(job_ms)) or self.excess(job_ms) > SUSPECT

    def __str__(self) -> str:
        short, long = median(self.short), median(self.long)
        figures = f"{self.jobs[0]:4} {self.jobs[1]:4} {short:8.2f} {long:8.2f} {self.p99:8.2f} {long / short:6.2f}"
        return f"{self.name:66} {figures}"


def combinations(now_ms: int) -> list[Asked]:
    """Each filter of the seed, each pair and each triple of them, and a page behind an offset."""
    found = [Asked("offset 100", JobQuery.parse({"_offset": 100}))]
    for kind, status, errors, times in product(TYPES, STATUSES, ERRORS, TIMES):
        if all((kind, status, errors, times)):
            continue
        bounds = {key: now_ms - round(days * DAY_MS) for key, days in TIMES[times].items()}
        query = JobQuery.parse({**TYPES[kind], **STATUSES[status], **ERRORS[errors], **bounds})
        found.append(Asked(", ".join(filter(None, (kind, status, errors, times))) or "none", query))
    return found


async def made(server_dsn: str, name: str, jobs: int) -> Pool:
    """A database with so many finished jobs."""
    pool = await Pool.connect(server_dsn)
    await pool.execute(f'create database "{name}"')
    await pool.close()
    pool = await Pool.connect(urlsplit(server_dsn)._replace(path=f"/{name}").geturl(), max_size=WRITERS)
    await migrate(pool)
    await pool.execute("select headrace.ensure_partitions(now() - interval '1 month')")
    began = time.perf_counter()
    indexes = await pool.fetch(INDEXES)
    await pool.execute(f"drop index {', '.join('headrace.' + row['indexname'] for row in indexes)}")
    chunks = iter(range(0, jobs, CHUNK))
    await asyncio.gather(*(_fill(pool, chunks, jobs) for _ in range(WRITERS)))
    filled = time.perf_counter() - began
    for row in indexes:
        await pool.execute(row["indexdef"].replace(" ON ONLY ", " ON "))
    await pool.execute("vacuum analyze")
    await pool.execute("checkpoint")
    print(
        f"{name}: {jobs:,} finished jobs made in {time.perf_counter() - began:.0f} s ({filled:.0f} s without indexes)"
    )
    return pool


async def _fill(pool: Pool, chunks: Any, jobs: int) -> None:
    for first in chunks:
        await pool.execute(FILL, jobs, first, min(CHUNK, jobs - first))


async def ask(conns: list[Connection], asked: Asked, runs: int) -> None:
    """Asks it so often with either history, in turn; who comes first alternates as well."""
    sides = list(enumerate(zip(conns, (asked.short, asked.long), strict=True)))
    for _ in range(runs):
        found = [0, 0]
        for side, (conn, times) in sides if len(asked.long) % 2 else reversed(sides):
            began = time.perf_counter()
            page = await find_page(conn, APP, asked.query, limit=asked.query.size)
            times.append((time.perf_counter() - began) * 1000)
            found[side] = len(page.jobs)
        asked.jobs = (found[0], found[1])


async def ask_anew(conns: list[Connection], suspects: list[Asked], runs: int) -> None:
    """Forgets what they took, and asks them in rounds."""
    for asked in suspects:
        asked.short.clear()
        asked.long.clear()
    for _ in range(ROUNDS):
        await asyncio.sleep(PAUSE_S)
        for asked in suspects:
            await ask(conns, asked, runs)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Inside, this process collects no garbage."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


async def settle(pools: list[Pool], conns: list[Connection]) -> None:
    """Does what the queue left behind for autovacuum and the checkpointer, and has both connections meet the same.

    On one core: where others work on the machine, one of two may stand beside them and the other not, for seconds.
    """
    for pool in pools:
        await pool.execute("vacuum analyze")
    await pools[0].execute("checkpoint")
    backends = [await conn.fetchval("select pg_backend_pid()") for conn in conns]
    with contextlib.suppress(AttributeError, PermissionError):  # other systems, and containers without that right
        for backend in backends:
            os.sched_setaffinity(backend, {max(os.sched_getaffinity(0))})


def one_job_ms(full: Asked, empty: Asked) -> float:
    """What a job of a page takes with the short history."""
    return max(0.0, median(full.short) - median(empty.short)) / full.jobs[0]


async def ask_all(conns: list[Connection], found: list[Asked], runs: int) -> float:
    """Asks all of them, and the suspects anew; what a job of a page takes, by pages of the same moments."""
    plain = [Asked(str(query), JobQuery.parse(query)) for query in ({}, {"status": "PENDING,RUNNING"})]
    await ask(conns, planned := Asked("planned", plain[0].query), PLANNED)
    print(f"\nthe first page of a connection: {planned.short[0]:.1f} and {planned.long[0]:.1f} ms")
    for _ in range(PASSES):
        for asked in plain:
            await ask(conns, asked, JOB_RUNS // PASSES)
        for asked in found:
            await ask(conns, asked, -(-runs // PASSES))
    job_ms = one_job_ms(*plain)
    suspects: list[Asked] = []
    # What a job takes is new each time as well, and may make more suspects: who is named has been asked anew.
    while more := [asked for asked in found if asked.suspect(job_ms) and asked not in suspects]:
        suspects += more
        await ask_anew(conns, [*plain, *more], runs)
        job_ms = one_job_ms(*plain)
    print(f"a job of a page: {job_ms:.3f} ms; asked anew: {len(suspects)} combinations")
    return job_ms


async def finds(pools: list[Pool], runs: int, *, everything: bool) -> list[str]:
    """What is out of bounds."""
    found = combinations(time.time_ns() // 1_000_000)
    async with pools[0].acquire() as short, pools[1].acquire() as long:
        await settle(pools, [short, long])
        with undisturbed():
            job_ms = await ask_all([short, long], found, runs)
    worst = sorted(found, key=lambda asked: median(asked.long), reverse=True)[:SLOWEST]
    print(f"\n{'first page by':66} jobs in it {'short ms':>8} {'long ms':>8} {'p99 ms':>8} {'ratio':>6}")
    alone = [asked for asked in found if "," not in asked.name]
    for asked in found if everything else [*alone, *worst]:
        print(asked, asked.wrong(job_ms))
    _print_all(found)
    return [f"{asked} {asked.wrong(job_ms)}" for asked in found if asked.wrong(job_ms)]


def _print_all(found: list[Asked]) -> None:
    long_ms = [ms for asked in found for ms in asked.long]
    short_ms = [ms for asked in found for ms in asked.short]
    print(
        f"{len(found)} combinations, {len(long_ms):,} pages with the long history: median {median(long_ms):.2f} ms "
        f"({median(short_ms):.2f} with the short one), p99 {quantiles(long_ms, n=100)[98]:.2f} "
        f"({quantiles(short_ms, n=100)[98]:.2f}), the longest {max(long_ms):.2f}; "
        f"the worst p99 of a combination {max(asked.p99 for asked in found):.2f}"
    )


async def queues(pools: list[Pool], rounds: int) -> list[str]:
    """What is out of bounds."""
    sides = [await claim.Side.join(name, pool) for name, pool in zip(("short", "long"), pools, strict=True)]
    await claim.compare(sides[0], sides[1], rounds=rounds, batches=20)
    low: list[str] = claim.report(sides[0], sides[1])
    return low


async def main(options: argparse.Namespace) -> int:
    """The exit code."""
    async with stage.disk_server(settings={"shared_buffers": "1GB", "maintenance_work_mem": "512MB"}) as found:
        pools = [await made(found.dsn, "short", options.small), await made(found.dsn, "long", options.history)]
        wrong = await queues(pools, options.rounds)
        wrong += await finds(pools, options.runs, everything=options.all)
        for pool in pools:
            await pool.close()
    print("\n".join(["\nout of bounds:", *wrong]) if wrong else "\nall figures are within their bounds")
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--history", type=int, default=10_000_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--all", action="store_true")
    sys.exit(asyncio.run(main(parser.parse_args())))
