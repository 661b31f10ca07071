"""The worker that stops an app is killed in the middle of it, and so is the one that starts it: nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.db.pool import Pool
from engine.jobs import requests, store
from engine.jobs.requests import Requester
from engine.model import JobType, NewJob
from tests.acceptance.conftest import CRM, POLL_S
from tests.acceptance.victim import bury, spawn
from tests.patience import patience

BY = Requester("crm", None)
SOURCE = """
for (var i = 0; i < 50; i++) { log('line ' + i); sys.jobs.setProgress(i); }
while (sys.data.count('companies', {name: 'go'}) == 0) {}
return 'done';
"""


@asynccontextmanager
async def worker(pool: Pool, clock: Path) -> AsyncIterator[None]:
    """A worker in a process of its own, killed at the end; then its lease is over."""
    process = spawn(pool.dsn, clock)
    try:
        yield
    finally:
        process.kill()
        process.wait()
    await bury(pool)


async def create(pool: Pool, job: NewJob) -> UUID:
    async with pool.transaction() as conn:
        return (await store.create(conn, [job]))[0]


async def until(pool: Pool, condition: str, *values: object) -> None:
    """Returns when the condition holds."""
    async with patience(f"{condition} of {values}"):
        while (await pool.fetch(f"select ({condition}) as holds", *values))[0]["holds"] is not True:  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)


STATUS = "(select status from headrace.jobs where id = $1)"


async def test_kills_in_the_middle(fresh_database: str, tmp_path: Path) -> None:
    """Killed as soon as the stop has begun, and again with the start: the jobs end as if nobody had died.

    More of them than there are slots: a stop needs none.
    """
    pool = await Pool.connect(fresh_database)
    clock = tmp_path / "clock"
    clock.write_text("1790000000000")
    async with pool.acquire() as conn:
        await push(conn, load_folder(CRM))
    spec = {"scriptName": "a.js", "source": SOURCE, "language": "javascript", "params": {}}
    jobs = [
        await create(pool, NewJob(app="crm", type=JobType.EXECUTE_SCRIPT, name="a.js", label="a", spec=spec))
        for _ in range(3)
    ]
    async with worker(pool, clock):
        await until(pool, f"{STATUS} = 'RUNNING'", jobs[0])
        stop = await create(pool, requests.stop_app(BY, {}))
        await until(pool, "exists (select from headrace.app_stops where app = 'crm')")
    async with worker(pool, clock):
        await until(pool, f"{STATUS} = 'FINISHED'", stop)
        held = await pool.fetch("select id from headrace.jobs_live where app = 'crm' and worker_id is not null")
        assert held == []
        start = await create(pool, requests.start_app(BY, {}))
        await until(pool, f"{STATUS} <> 'PENDING'", start)
    await pool.execute(
        "insert into headrace.records (app, entity, id, data) "
        "values ('crm', 'companies', gen_random_uuid(), '{\"name\": \"go\"}')"
    )
    async with worker(pool, clock):
        for job in [start, *jobs]:
            await until(pool, f"{STATUS} = 'FINISHED'", job)
    rows = await pool.fetch(
        "select job_id, count(*) as lines, count(distinct message) as different from headrace.job_logs "
        "where job_id = any ($1) group by job_id",
        jobs,
    )
    assert [(row["lines"], row["different"]) for row in rows] == [(50, 50)] * 3
    errors = await pool.fetch("select id from headrace.jobs where has_errors")
    assert (errors, await pool.fetch("select 1 from headrace.app_stops")) == ([], [])
    await pool.close()
