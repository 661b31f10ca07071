"""The Python peers of bench/queue, each as its documents advise for speed; run by an environment of their own.

python peers.py pgqueuer|procrastinate setup|bulk|each|trickle|work DSN [N]
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import timedelta
from typing import Any

import uvloop
from _instrument import PRODUCERS, Starts, each, trickle

BATCH = 1000


async def pgqueuer(action: str, dsn: str, count: int) -> None:
    """pgqueuer on asyncpg: batches of 1,000, its documented way to speed; enqueue takes lists."""
    import asyncpg
    from pgqueuer import PgQueuer
    from pgqueuer.db import AsyncpgDriver, AsyncpgPoolDriver
    from pgqueuer.queries import Queries

    if action == "work":
        starts = Starts()
        pgq = PgQueuer(AsyncpgDriver(await asyncpg.connect(dsn)))

        @pgq.entrypoint("noop")
        async def noop(job: Any) -> None:
            starts(int(job.payload or 0))

        await pgq.run(dequeue_timeout=timedelta(seconds=1), batch_size=BATCH)
        return
    async with asyncpg.create_pool(dsn, min_size=PRODUCERS, max_size=PRODUCERS) as pool:
        queries = Queries(AsyncpgPoolDriver(pool))
        began = time.perf_counter()
        match action:
            case "setup":
                await queries.install()
            case "bulk":
                for begin in range(0, count, 5000):
                    n = min(5000, count - begin)
                    await queries.enqueue(["noop"] * n, [None] * n, [0] * n)
            case "each":
                await each(count, lambda n: queries.enqueue("noop", None, 0))
            case "trickle":
                await trickle(count, lambda n: queries.enqueue("noop", str(n).encode(), 0))
        print(f"took {time.perf_counter() - began}", flush=True)


async def procrastinate(action: str, dsn: str, count: int) -> None:
    """procrastinate on psycopg: 100 jobs at once; batch_defer_async for bulk."""
    import procrastinate as p

    starts = Starts()
    app = p.App(connector=p.PsycopgConnector(conninfo=dsn, min_size=4, max_size=PRODUCERS + 2))

    @app.task(name="noop")
    async def noop(n: int = 0) -> None:
        starts(n)

    async with app.open_async():
        began = time.perf_counter()
        match action:
            case "setup":
                await app.schema_manager.apply_schema_async()
            case "work":
                await app.run_worker_async(concurrency=100, install_signal_handlers=False)
            case "bulk":
                for begin in range(0, count, 5000):
                    await noop.batch_defer_async(*({} for _ in range(min(5000, count - begin))))
            case "each":
                await each(count, lambda n: noop.defer_async())
            case "trickle":
                await trickle(count, lambda n: noop.defer_async(n=n))
        print(f"took {time.perf_counter() - began}", flush=True)


if __name__ == "__main__":
    name, what, where, *number = sys.argv[1:]
    chosen = {"pgqueuer": pgqueuer, "procrastinate": procrastinate}[name]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(chosen(what, where, int(number[0]) if number else 0))
