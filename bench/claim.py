"""What a million finished jobs cost the queue: the claim and the finish, with history against without.

    python3 dev.py bench claim [--history 1000000] [--rounds 15] [--batches 20]

Two databases on one server, one of them with the history. In turn, batches of 100 jobs of 10 apps are claimed and
finished out of a backlog on both, and each call is timed. Prints the plans with the history, the medians and the
ratio of the rates; exit code 1 if a ratio is below 0.95.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import _stage as stage

from engine.db.embedded import EmbeddedServer
from engine.db.migrate import migrate
from engine.db.pool import Connection, Pool
from engine.db.sql import load
from engine.jobs import liveness, queue, store
from engine.jobs.queue import Finish
from engine.jobs.ready import Lane
from engine.model import JobType, NewJob

BATCH = 100
APPS = 10
LANES = [Lane(f"app{n}", "default", most=-(-BATCH // APPS)) for n in range(APPS)]
LEAST_RATIO = 0.95
FILL = (Path(__file__).parent / "claim_history.sql").read_text(encoding="utf-8")


class Side:
    """One of the two databases, and the times that its statements took, in ms."""

    def __init__(self, name: str, pool: Pool) -> None:
        self.name = name
        self.pool = pool
        self.worker = uuid4()
        self.claims: list[float] = []
        self.finishes: list[float] = []

    @classmethod
    async def make(cls, found: EmbeddedServer, name: str, history: int) -> Side:
        """A migrated database with so many finished jobs."""
        conn = await Pool.connect(found.dsn)
        await conn.execute(f'create database "{name}"')
        await conn.close()
        side = cls(name, await Pool.connect(urlsplit(found.dsn)._replace(path=f"/{name}").geturl()))
        await migrate(side.pool)
        # The history of a month may begin in the month before.
        await side.pool.execute("select headrace.ensure_partitions(now() - interval '1 month')")
        if history:
            await side.pool.execute(FILL, history)
        await side.pool.execute("vacuum analyze")
        await side.pool.execute("checkpoint")
        async with side.pool.acquire() as conn_:
            await liveness.register(conn_, side.worker, name="bench", version="0", slots=BATCH)
        return side

    async def fill(self, batches: int) -> None:
        """Makes a backlog."""
        async with self.pool.transaction() as conn:
            await store.create(conn, [_job(n) for n in range(BATCH * batches)], wake=False)

    async def batch(self) -> None:
        """Claims a batch out of the backlog, and finishes it."""
        async with self.pool.acquire() as conn:
            began = time.perf_counter()
            claims = (await queue.claim(conn, self.worker, LANES, limit=BATCH)).claims
            claimed = time.perf_counter()
            async with conn.transaction():
                ended = await queue.finish(conn, [Finish(claim.id, claim.attempt, results={}) for claim in claims])
            finished = time.perf_counter()
        if not len(claims) == len(ended) == BATCH:
            raise SystemExit(f"{self.name}: {len(claims)} claimed, {len(ended)} finished of {BATCH}")
        self.claims.append((claimed - began) * 1000)
        self.finishes.append((finished - claimed) * 1000)

    async def explain(self) -> None:
        """Prints the plans of both statements, run on one more batch, with what they read."""
        async with self.pool.transaction() as conn:
            ids = await store.create(conn, [_job(n) for n in range(BATCH)], wake=False)
        async with self.pool.transaction() as conn:
            print(f"\n== {self.name}: the claim of {BATCH} jobs")
            await _plan(conn, load("job_claim"), self.worker, *queue.lane_columns(LANES, BATCH))
            print(f"\n== {self.name}: the finish of {BATCH} jobs")
            await _plan(conn, load("job_finish"), *_ends(ids), True)


def _job(n: int) -> NewJob:
    return NewJob(app=f"app{n % APPS}", type=JobType.HANDLER, name="bench", label="bench", spec={"params": {"n": n}})


def _ends(ids: Sequence[UUID]) -> tuple[list[Any], ...]:
    return list(ids), [1] * len(ids), [False] * len(ids), [{}] * len(ids), [None] * len(ids)


async def _plan(conn: Connection, statement: str, *args: object) -> None:
    for row in await conn.fetch(f"explain (analyze, buffers, costs off, timing off, summary on) {statement}", *args):
        # Partitions that nobody touched would fill pages.
        if "never executed" not in row[0]:
            print(row[0][:140])


def _report(what: str, without: list[float], having: list[float]) -> bool:
    one, other = median(without), median(having)
    ratio = one / other
    print(f"{what:7} {one:8.2f} ms {other:8.2f} ms   rate {ratio:5.2f} of the empty one's")
    return ratio >= LEAST_RATIO


async def _round(sides: tuple[Side, Side], batches: int) -> None:
    """Batch after batch in turn, so that whatever else the machine does meets both."""
    for side in sides:
        await side.fill(batches)
    for number in range(batches):
        for side in sides if number % 2 else reversed(sides):
            await side.batch()


async def main(options: argparse.Namespace) -> int:
    """The exit code."""
    async with stage.server() as found:
        empty = await Side.make(found, "empty", 0)
        began = time.perf_counter()
        full = await Side.make(found, "full", options.history)
        print(f"{options.history:,} finished jobs made in {time.perf_counter() - began:.0f} s", flush=True)
        await _round((empty, full), 5)
        for side in (empty, full):
            side.claims.clear()
            side.finishes.clear()
        for _ in range(options.rounds):
            await _round((empty, full), options.batches)
        await full.explain()
        print(f"\nmedians of {options.rounds * options.batches} batches of {BATCH} jobs, interleaved")
        print(f"{'':7} {'history 0':>11} {options.history:>11,}")
        good = _report("claim", empty.claims, full.claims)
        good &= _report("finish", empty.finishes, full.finishes)
        both = [[a + b for a, b in zip(side.claims, side.finishes, strict=True)] for side in (empty, full)]
        good &= _report("both", *both)
        for side in (empty, full):
            await side.pool.close()
    print("the history costs the queue nothing" if good else f"a rate is below {LEAST_RATIO}")
    return 0 if good else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--history", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--batches", type=int, default=20)
    sys.exit(asyncio.run(main(parser.parse_args())))
