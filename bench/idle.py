"""What idle workers cost PostgreSQL: statements and transactions a second, and the server's CPU.

    python3 dev.py bench idle [--workers 100] [--seconds 30]

All workers are in one process, without a sandbox, but each with a pool, a connection for wake-ups and a scheduler of
its own. Statements are counted in the driver, commits in pg_stat_database, the CPU in /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import time
from collections import Counter
from typing import cast

import _stage as stage
from asyncpg import Connection, Record

from engine import app
from engine.apps.store import AppCache
from engine.db.migrate import migrate
from engine.db.pool import Pool
from engine.executors.run import Services
from engine.metrics import Metrics
from engine.settings import Settings
from engine.worker.loop import Worker
from scripting.host import ScriptHost


def count_statements() -> Counter[str]:
    """From now on: how often each statement was sent, by its first words."""
    sent: Counter[str] = Counter()
    execute = Connection._execute

    async def counted(self: Connection[Record], query: str, *args: object, **options: object) -> object:
        sent[" ".join(query.split())[:60]] += 1
        return await execute(self, query, *args, **options)

    Connection._execute = counted
    return sent


async def commits(pool: Pool) -> int:
    """Transactions of this database, once the backends have told."""
    value: int = (await pool.fetch("select xact_commit from pg_stat_database where datname = current_database()"))[0][0]
    return value


async def main(options: argparse.Namespace) -> int:
    """The exit code."""
    sent = count_statements()
    async with (
        stage.disk_server(settings={"max_connections": str(6 * options.workers + 20)}) as found,
        contextlib.AsyncExitStack() as stack,
    ):
        pool = await Pool.connect(found.dsn, max_size=2)
        await migrate(pool)
        settings = Settings(database_url=found.dsn, slots=4, pool_size=4, unsafe_scripts=True)
        running = []
        for _ in range(options.workers):
            database = await stack.enter_async_context(app.open_database(settings))
            services = Services(
                database.pool, AppCache(), cast(ScriptHost, None), settings, Metrics(), app.clock_ms, handlers={}
            )
            worker = Worker(services, name="idle")
            running.append((worker, asyncio.create_task(worker.run())))
        await asyncio.gather(*(worker.ready.wait() for worker, _ in running))
        # Backends tell of their transactions at most once a second, and what a start costs is not what idling costs.
        await asyncio.sleep(10)
        cluster = found.data_dir.resolve() / "cluster"
        before, cpu, own, began = await commits(pool), stage.cpu_s(cluster), time.process_time(), time.monotonic()
        sent.clear()
        await asyncio.sleep(options.seconds)
        seconds = time.monotonic() - began
        done, spent = await commits(pool) - before, stage.cpu_s(cluster) - cpu
        own = time.process_time() - own
        print(f"{options.workers} idle workers for {seconds:.0f} s")
        print(f"statements a second  {sum(sent.values()) / seconds:8.1f}")
        print(f"commits a second     {done / seconds:8.1f}")
        print(f"CPU of the server    {spent / seconds:8.1%} of a core")
        print(f"CPU of the workers   {own / seconds:8.1%} of a core")
        for text, count in sent.most_common(12):
            print(f"  {count / seconds:7.1f}/s  {text}")
        for worker, _ in running:
            worker.stop()
        await asyncio.gather(*(task for _, task in running))
        await pool.close()
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=30)
    sys.exit(asyncio.run(main(parser.parse_args())))
