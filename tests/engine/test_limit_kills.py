"""Limits hold while workers are killed: each running handler takes a lock of the server's, and finds one free."""

from __future__ import annotations

from asyncio.subprocess import Process

from engine.db.pool import Pool
from engine.jobs import limits, liveness
from engine.jobs.limits import QueueLimit
from engine.model import JobType, NewJob, handler_queue
from tests.engine.hands import APP, enqueue
from tests.engine.test_kills import over, worker
from tests.patience import patience
from tests.sessions import gone, named

JOBS = 120
# A handler holds one of 3 locks of its app, and one with a key that of the key, in a session that dies with its worker.
PROGRAM = """
import asyncio, signal, sys
import asyncpg
from engine import app
from engine.settings import Settings

async def work(job):
    conn = await asyncpg.connect(sys.argv[1])
    try:
        for name, size in [("app", 3), *([("key", 1)] if job.params["keyed"] else [])]:
            for n in range(size):
                if await conn.fetchval("select pg_try_advisory_lock(hashtext($1), $2)", name, n):
                    break
            else:
                await conn.execute("insert into too_many (name) values ($1)", name)
        await asyncio.sleep(0.01)
    finally:
        await conn.close()

async def main():
    settings = Settings(database_url=sys.argv[1], poll_ms=100, heartbeat_ms=200, grace_ms=1000, slots=4)
    async with app.open_database(settings) as database:
        async with app.open_worker(settings, database.pool, handlers={"work": work}) as worker:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
            await worker.run()

asyncio.run(main())
"""


def job(n: int) -> NewJob:
    """Every third one has the key."""
    keyed = n % 3 == 0
    spec = {"handlerName": "work", "params": {"keyed": keyed}}
    return NewJob(
        *(APP, JobType.HANDLER, "work", "work", spec),
        queue=handler_queue("work"),
        concurrency_key="k" if keyed else None,
    )


async def killed(pool: Pool, process: Process, name: str) -> None:
    """The worker is dead, and its lease is over once its sessions are: a living one does not lose it, however slow."""
    process.kill()
    await gone(pool, name)
    await pool.execute(
        "update headrace.workers set heartbeat_at = now() - interval '1 hour' where name like $1", f"%:{process.pid}"
    )
    async with patience("the burial of the worker"):
        # By this call, or by a worker that was looking as well.
        while await pool.fetch("select from headrace.workers where name like $1", f"%:{process.pid}"):
            await pool.run(lambda conn: liveness.rescue(conn, stale_ms=1_800_000))


async def test_killed_workers_leak_no_permit_and_exceed_no_limit(fresh_database: str) -> None:
    """Three workers, two of them killed in the middle: all jobs end, never too many at once, and no permit is left."""
    pool = await Pool.connect(fresh_database)
    await pool.execute("create table too_many (name text)")
    async with pool.acquire() as conn:
        await limits.set_limit(conn, APP, "", QueueLimit(concurrency=3))
    await enqueue(pool, *[job(n) for n in range(JOBS)])
    first, second = (worker(named(fresh_database, name), PROGRAM) for name in ("first", "second"))
    async with first as one, second as another:
        await over(pool, JOBS // 4)
        await killed(pool, one, "first")
        async with worker(fresh_database, PROGRAM):
            await over(pool, JOBS // 2)
            await killed(pool, another, "second")
            await over(pool, JOBS)
    assert await pool.fetch("select name from too_many") == []
    for table in ("job_permits", "key_permits", "job_blocked", "key_turns"):
        assert await pool.fetch(f"select from headrace.{table}") == [], table
    assert await pool.fetch("select from headrace.jobs_history where has_errors") == []
    await pool.close()
