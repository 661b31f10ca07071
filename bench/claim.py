"""What a million finished jobs cost the queue: creating, claiming and finishing, with history against without.

    python3 dev.py bench claim [--history 1000000] [--rounds 15] [--batches 20]

Two databases on one server, one of them with the history. In turn, batches of 100 jobs of 10 apps are created, claimed
and finished out of the backlog on both, and each call is timed. Prints the plans with the history, the medians and the
ratio of the rates; exit code 1 if a ratio is below 0.95. `bench history` does the same with ten million jobs.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable
from itertools import dropwhile
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import _stage as stage

from engine.db.embedded import EmbeddedServer
from engine.db.migrate import migrate
from engine.db.pool import Connection, Pool
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
        self.times: dict[str, list[float]] = {"create": [], "claim": [], "finish": []}

    @classmethod
    async def make(cls, found: EmbeddedServer, name: str, history: int) -> Side:
        """A migrated database with so many finished jobs."""
        conn = await Pool.connect(found.dsn)
        await conn.execute(f'create database "{name}"')
        await conn.close()
        pool = await Pool.connect(urlsplit(found.dsn)._replace(path=f"/{name}").geturl())
        await migrate(pool)
        # The history of a month may begin in the month before.
        await pool.execute("select headrace.ensure_partitions(now() - interval '1 month')")
        if history:
            await pool.execute(FILL, history)
        await pool.execute("vacuum analyze")
        await pool.execute("checkpoint")
        return await cls.join(name, pool)

    @classmethod
    async def join(cls, name: str, pool: Pool) -> Side:
        """A worker on a database as it is."""
        side = cls(name, pool)
        async with pool.acquire() as conn:
            await liveness.register(conn, side.worker, name="bench", version="0", slots=BATCH)
        return side

    async def create(self) -> None:
        """One more batch of the backlog."""
        jobs = [_job(n) for n in range(BATCH)]
        async with self.pool.acquire() as conn:
            began = time.perf_counter()
            async with conn.transaction():
                await store.create(conn, jobs, wake=False)
            self.times["create"].append((time.perf_counter() - began) * 1000)

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
        self.times["claim"].append((claimed - began) * 1000)
        self.times["finish"].append((finished - claimed) * 1000)

    async def explain(self) -> None:
        """Prints the plans of both statements, run on one more batch, with what they read."""
        async with self.pool.transaction() as conn:
            ids = await store.create(conn, [_job(n) for n in range(BATCH)], wake=False)
        async with self.pool.transaction() as conn:
            print(f"\n== {self.name}: the claim of {BATCH} jobs")
            await _plan(conn, queue.claim(conn, self.worker, LANES, limit=BATCH))
            print(f"\n== {self.name}: the finish of {BATCH} jobs")
            await _plan(conn, queue.finish(conn, [Finish(id, 1, results={}) for id in ids]))


def _job(n: int) -> NewJob:
    return NewJob(app=f"app{n % APPS}", type=JobType.HANDLER, name="bench", label="bench", spec={"params": {"n": n}})


# Statements inside of functions as well, which `explain` does not show.
EXPLAIN = """
load 'auto_explain';
set local auto_explain.log_min_duration = 0; set local auto_explain.log_nested_statements = on;
set local auto_explain.log_analyze = on; set local auto_explain.log_buffers = on;
set local auto_explain.log_timing = off;
set local client_min_messages = log;
"""


async def _plan(conn: Connection, work: Awaitable[object]) -> None:
    """Runs it, and prints the plans by which PostgreSQL did."""

    def listen(_: object, message: Any) -> None:
        plan = dropwhile(lambda line: "(cost=" not in line, message.message.splitlines())
        # Partitions that nobody touched would fill pages.
        print(*(line[:140] for line in plan if "never executed" not in line), sep="\n")

    await conn.execute(EXPLAIN)
    conn.add_log_listener(listen)
    await work
    await conn.execute("set local client_min_messages = notice")
    await asyncio.sleep(0)
    conn.remove_log_listener(listen)


async def compare(one: Side, other: Side, *, rounds: int, batches: int) -> None:
    """Batch after batch in turn, so that whatever else the machine does meets both; the first round is not counted."""
    for counted in range(rounds + 1):
        for call in (Side.create, Side.batch):
            for number in range(batches):
                for side in (one, other) if number % 2 else (other, one):
                    await call(side)
        if not counted:
            for side in (one, other):
                side.times = {what: [] for what in side.times}


def report(one: Side, other: Side) -> list[str]:
    """Prints the medians and the ratios of the rates; those that are too low."""
    print(f"\nmedians of {len(one.times['claim'])} batches of {BATCH} jobs, in turn")
    print(f"{'':7} {one.name + ' ms':>11} {other.name + ' ms':>11} {'rate':>6}")
    drains = [
        [sum(pair) for pair in zip(*(side.times[what] for what in ("claim", "finish")), strict=True)]
        for side in (one, other)
    ]
    calls = {what: (one.times[what], other.times[what]) for what in one.times} | {"drain": (drains[0], drains[1])}
    low = []
    for what, (before, after) in calls.items():
        ratio = median(before) / median(after)
        line = f"{what:7} {median(before):11.2f} {median(after):11.2f} {ratio:6.2f}"
        print(line, flush=True)
        low += [line] if ratio < LEAST_RATIO else []
    return low


async def main(options: argparse.Namespace) -> int:
    """The exit code."""
    async with stage.server() as found:
        empty = await Side.make(found, "empty", 0)
        began = time.perf_counter()
        full = await Side.make(found, "full", options.history)
        print(f"{options.history:,} finished jobs made in {time.perf_counter() - began:.0f} s", flush=True)
        await compare(empty, full, rounds=options.rounds, batches=options.batches)
        await full.explain()
        low = report(empty, full)
        for side in (empty, full):
            await side.pool.close()
    print("the history costs the queue nothing" if not low else f"a rate is below {LEAST_RATIO}")
    return 1 if low else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--history", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--batches", type=int, default=20)
    sys.exit(asyncio.run(main(parser.parse_args())))
