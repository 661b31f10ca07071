"""Schedulers are killed while they make runs; each run exists once. At length: `python3 dev.py bench schedules`."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.apps.store import AppCache
from engine.db.pool import Pool
from engine.schedule import store
from engine.schedule.model import EventType, Missed, Plan
from tests.acceptance.conftest import CRM

SCHEDULES, RUNS = 30, 400


def start(dsn: str) -> subprocess.Popen[bytes]:
    """A scheduler that has begun."""
    words = [sys.executable, "-m", "tests.acceptance.scheduler_process", dsn]
    process = subprocess.Popen(words, cwd=CRM.parent.parent, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


async def made(pool: Pool) -> int:
    """How many runs there are."""
    return int((await pool.fetch("select count(*) from headrace.schedule_runs"))[0][0])


async def test_runs_are_neither_lost_nor_doubled(pool: Pool, dsn: str) -> None:
    """Two schedulers catch up with 12,000 runs, and one after the other is killed at it: every run has its one job."""
    begin = datetime.now(UTC) - timedelta(hours=1)
    plan = Plan(
        tag="t",
        name="T",
        event_type=EventType.FUNCTION,
        event_tag="nobody",
        interval_ms=1000,
        start_at=begin,
        executions=RUNS,
        missed=Missed.ALL,
    )
    async with pool.transaction() as conn:
        await push(conn, dataclasses.replace(load_folder(CRM), files=()))
        app = await AppCache().get(conn, "crm")
        for number in range(SCHEDULES):
            await store.create(conn, app, dataclasses.replace(plan, tag=f"t{number}"))
        # As if nobody had looked for an hour.
        await conn.execute("update headrace.schedules set next_at = start_at, look_at = start_at")
    processes = [await asyncio.to_thread(start, dsn) for _ in range(2)]
    try:
        async with asyncio.timeout(240):
            for part in (0.1, 0.4):
                while await made(pool) < SCHEDULES * RUNS * part:  # noqa: ASYNC110 - the database is asked
                    await asyncio.sleep(0.01)
                processes.pop(0).kill()
                processes.append(await asyncio.to_thread(start, dsn))
            while await pool.fetch("select from headrace.schedules where look_at is not null"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    (row,) = await pool.fetch(
        "select count(*) as runs, count(distinct (r.schedule_id, r.due_at)) as different, "
        "count(distinct r.job_id) filter (where j.id is not null) as jobs, "
        "count(*) filter (where r.due_at < s.start_at + s.executions * interval '1 second') as in_time, "
        "(select count(*) from headrace.jobs) as all_jobs "
        "from headrace.schedule_runs r join headrace.schedules s on s.id = r.schedule_id "
        "left join headrace.jobs j on j.id = r.job_id"
    )
    assert set(dict(row).values()) == {SCHEDULES * RUNS}
