"""Workers are processes that anybody may kill: with SIGKILL in the middle, each job is done once."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.db.pool import Pool
from engine.jobs import store
from engine.model import JobType, NewJob, Status
from tests.engine.hands import APP, enqueue

ROOT = Path(__file__).resolve().parents[2]
# Each job saves a record of its own, and returns the attempt that it is.
SOURCE = """
var record = sys.data.createRecord('companies');
record.field('name').val(params.name);
sys.data.save(record);
return sys.jobs.getCurrentJob().attempt();
"""
JOBS = 200
PROGRAM = """
import asyncio, signal, sys
from engine import app
from engine.settings import Settings

async def main():
    settings = Settings(database_url=sys.argv[1], poll_ms=100, heartbeat_ms=200, stale_ms=3000, grace_ms=1000, slots=4)
    async with app.open_database(settings) as database, app.open_worker(settings, database.pool) as worker:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
        await worker.run()

asyncio.run(main())
"""


@asynccontextmanager
async def worker(dsn: str, program: str = PROGRAM) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker in a process of its own; it ends in order if it is still there."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, dsn, cwd=ROOT, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 60)


async def over(pool: Pool, count: int) -> None:
    """So many jobs are in the history."""
    async with asyncio.timeout(300):
        while len(await pool.fetch("select 1 from headrace.jobs_history")) < count:  # noqa: ASYNC110 - asked
            await asyncio.sleep(0.02)


async def created(pool: Pool) -> list[UUID]:
    """The app is pushed, and the jobs wait."""
    async with pool.acquire() as conn:
        await push(conn, load_folder(ROOT / "examples" / "crm"))
    spec = {"scriptName": "kills.js", "source": SOURCE, "language": "javascript"}
    return await enqueue(
        pool,
        *[
            NewJob(APP, JobType.EXECUTE_SCRIPT, "kill", "kill", {**spec, "params": {"name": f"job {n}"}})
            for n in range(JOBS)
        ],
    )


async def judge(pool: Pool, ids: list[UUID]) -> None:
    """Each job finished once, with one record, and with the result of the attempt that holds it in the history."""
    ended = await pool.fetch(
        "select h.id, h.status, h.attempt, h.has_errors, r.results from headrace.jobs_history h "
        "join headrace.job_results r on r.job_id = h.id"
    )
    assert sorted(row["id"] for row in ended) == sorted(ids)
    assert {(row["status"], row["has_errors"]) for row in ended} == {("FINISHED", False)}
    assert [row["results"]["results"]["response"] for row in ended] == [row["attempt"] for row in ended]
    saved = await pool.fetch("select data ->> 'name' as name from headrace.records")
    assert sorted(row["name"] for row in saved) == sorted(f"job {n}" for n in range(JOBS))
    assert not await pool.fetch("select 1 from headrace.jobs_live")


async def test_killed_workers_lose_no_job_and_do_none_twice(fresh_database: str) -> None:
    """Two workers, 200 scripts with an effect each; both of the first workers are killed in the middle."""
    pool = await Pool.connect(fresh_database)
    ids = await created(pool)
    async with worker(fresh_database) as first, worker(fresh_database) as second:
        await over(pool, JOBS // 4)
        first.kill()
        async with worker(fresh_database):
            await over(pool, JOBS // 2)
            second.kill()
            await over(pool, JOBS)
    await judge(pool, ids)
    await pool.close()


async def test_a_frozen_worker_that_comes_back_changes_nothing(fresh_database: str) -> None:
    """Stopped until another one has its jobs, then continued: what it still wants to write is refused."""
    pool = await Pool.connect(fresh_database)
    ids = await created(pool)
    async with worker(fresh_database) as first:
        await over(pool, JOBS // 4)
        first.send_signal(signal.SIGSTOP)
        async with worker(fresh_database):
            await over(pool, JOBS)
            first.send_signal(signal.SIGCONT)
            async with asyncio.timeout(120):
                while len(await pool.fetch("select 1 from headrace.workers")) < 2:  # noqa: ASYNC110 - it comes back
                    await asyncio.sleep(0.02)
    await judge(pool, ids)
    async with pool.acquire() as conn:
        assert (await store.get(conn, APP, ids[0])).status is Status.FINISHED
    await pool.close()
