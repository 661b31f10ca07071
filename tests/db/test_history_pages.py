"""Pages of jobs by start and end, in a history of months."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine.db.pool import Pool
from engine.jobs.search import JobQuery, find_page

FILL = (Path(__file__).resolve().parents[2] / "bench" / "history_fill.sql").read_text(encoding="utf-8")
JOBS, APP, DAY_MS = 3_000, "app0", 86_400_000

# One that took a week, one that is not over, one that is over and was short; all began long ago but the last.
ODD = """
with made as (
    select headrace.uuid_v7(now() - interval '20 days') as long, headrace.uuid_v7(now() - interval '21 days') as live
), long as (
    insert into headrace.jobs_history (
        id, archived, app, queue, type, name, status, attempt, root_id, created_at, started_at, ended_at)
    select long, true, 'app0', 'default', 'HANDLER', 'long', 'FINISHED', 1, long, now() - interval '20 days',
        now() - interval '3 days', now() - interval '1 day' from made
)
insert into headrace.jobs_live (id, archived, app, queue, type, name, status, attempt, root_id, created_at, started_at)
select live, false, 'app0', 'default', 'HANDLER', 'live', 'STOPPED', 1, live, now() - interval '21 days',
    now() - interval '2 days' from made
"""


@pytest.fixture
async def history(pool: Pool) -> Pool:
    """Finished jobs of 25 days, half of them of one app, and the odd ones."""
    await pool.execute("select headrace.ensure_partitions(now() - interval '1 month')")
    await pool.execute(FILL, JOBS, 0, JOBS)
    await pool.execute(ODD)
    await pool.execute("analyze")
    return pool


def ago(days: float) -> int:
    """ms since the epoch."""
    return time.time_ns() // 1_000_000 - round(days * DAY_MS)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"startFrom": 4}, ["long", "live"]),
        ({"startFrom": 2.5}, ["live"]),
        ({"endFrom": 4}, ["long"]),
        ({"startFrom": 4, "startTo": 2.5}, ["long"]),
        ({"startFrom": 4, "endFrom": 0.5}, []),
        ({"startFrom": 22}, ["long", "live"]),
    ],
)
async def test_jobs_that_were_created_long_before(history: Pool, query: dict[str, float], names: list[str]) -> None:
    """Whatever its creation, a job is found by its start and its end, in its place by creation; page by page, too."""
    asked = JobQuery.parse({key: ago(days) for key, days in query.items()})
    conditions = " and ".join(
        f"{'started_at' if key.startswith('start') else 'ended_at'} {'>=' if key.endswith('From') else '<'} $2::"
        f"timestamptz - interval '{days} days'"
        for key, days in query.items()
    )
    async with history.acquire() as conn:
        now = await conn.fetchval("select now()")
        rows = await conn.fetch(
            f"select id, name from headrace.jobs where app = $1 and {conditions} order by id desc", APP, now
        )
        found, after = [], None
        while True:
            page = await find_page(conn, APP, asked, limit=400, after=after)
            found += page.jobs
            if (after := page.after) is None:
                break
    assert [job.name for job in found if job.name != "old"] == names
    # The clock went on between the two questions: jobs at the very edges may differ.
    assert len({job.id for job in found} ^ {row["id"] for row in rows}) <= 2
    assert [job.id for job in found] == sorted((job.id for job in found), reverse=True)
