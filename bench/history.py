"""What millions of finished jobs cost those who look for jobs: the first page of every filter of sys.jobs.find.

    python3 dev.py bench history [--history 10000000] [--small 10000] [--runs 40]

Two databases on one server on the disk. One app of twenty has half of the jobs; types, statuses and errors are as a
platform leaves them, and one type is rare. Each filter is asked in turn on both. Exit code 1 if a p99 with the long
history is 20 ms or more, or, of the statements that take longer than half a millisecond, a median is more than 1.1
times the short history's.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit

import _stage as stage

from engine.db.migrate import migrate
from engine.db.pool import Pool
from engine.jobs.search import JobQuery, find_page

FILL = (Path(__file__).parent / "history_fill.sql").read_text(encoding="utf-8")
CHUNK = 250_000
APP = "app0"
MOST_P99_MS, MOST_RATIO, NOISE_MS = 20.0, 1.1, 0.5
HOUR_MS = 3_600_000


def filters(now_ms: int) -> dict[str, dict[str, Any]]:
    """Every filter of the seed, alone and as people combine them. The history reaches back for 25 days."""
    old, older = now_ms - 10 * 24 * HOUR_MS, now_ms - 11 * 24 * HOUR_MS
    return {
        "none": {},
        "type": {"type": "EXECUTE_ACTION"},
        "type, rare": {"type": "IMPORT_USERS"},
        "types": {"type": "IMPORT_RECORDS,EXPORT_RECORDS"},
        "status": {"status": "FINISHED"},
        "status, rare": {"status": "CANCELED"},
        "status, live": {"status": "PENDING,RUNNING"},
        "hasErrors": {"hasErrors": True},
        "no errors": {"hasErrors": False},
        "created in a day": {"createFrom": older, "createTo": old},
        "started in a day": {"startFrom": older, "startTo": old},
        "started since": {"startFrom": old},
        "started until": {"startTo": older},
        "ended in a day": {"endFrom": older, "endTo": old},
        "ended since": {"endFrom": old},
        "ended until": {"endTo": older},
        "errors of a rare type": {"hasErrors": True, "type": "IMPORT_USERS"},
        "type, status, errors": {"type": "EXECUTE_ACTION", "status": "FINISHED", "hasErrors": True},
        "offset 100": {"_offset": 100},
    }


async def made(server_dsn: str, name: str, jobs: int) -> Pool:
    """A database with so many finished jobs."""
    pool = await Pool.connect(server_dsn)
    await pool.execute(f'create database "{name}"')
    await pool.close()
    pool = await Pool.connect(urlsplit(server_dsn)._replace(path=f"/{name}").geturl(), max_size=2)
    await migrate(pool)
    await pool.execute("select headrace.ensure_partitions(now() - interval '1 month')")
    began = time.perf_counter()
    for first in range(0, jobs, CHUNK):
        await pool.execute(FILL, jobs, first, min(CHUNK, jobs - first))
    await pool.execute("vacuum analyze")
    print(f"{name}: {jobs:,} finished jobs made in {time.perf_counter() - began:.0f} s", flush=True)
    return pool


async def asked(pool: Pool, query: JobQuery) -> float:
    """How long the first page takes, in ms."""
    async with pool.acquire() as conn:
        began = time.perf_counter()
        await find_page(conn, APP, query, limit=query.size)
        return (time.perf_counter() - began) * 1000


async def main(options: argparse.Namespace) -> int:
    """The exit code."""
    async with stage.disk_server(settings={"shared_buffers": "1GB"}) as found:
        pools = [await made(found.dsn, "short", options.small), await made(found.dsn, "long", options.history)]
        good = True
        print(f"\n{'first page by':24} {'short ms':>9} {'long ms':>9} {'p99 ms':>8} {'ratio':>6}")
        for name, given in filters(time.time_ns() // 1_000_000).items():
            query = JobQuery.parse(given)
            times: list[list[float]] = [[], []]
            for number in range(options.runs + 6):
                for side, pool in enumerate(pools):
                    ms = await asyncio.wait_for(asked(pool, query), 600)
                    # The first ones plan the statement anew.
                    times[side] += [ms] if number >= 6 else []
            short, long = median(times[0]), median(times[1])
            p99 = quantiles(times[1], n=100, method="inclusive")[98]
            fine = p99 < MOST_P99_MS and (long < NOISE_MS or long / short <= MOST_RATIO)
            good &= fine
            print(
                f"{name:24} {short:9.2f} {long:9.2f} {p99:8.2f} {long / short:6.2f}{'' if fine else '  <--'}",
                flush=True,
            )
        for pool in pools:
            await pool.close()
    return 0 if good else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--history", type=int, default=10_000_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=40)
    sys.exit(asyncio.run(main(parser.parse_args())))
