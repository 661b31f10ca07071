"""How much of a history a first page reads, by any filters: counted in blocks, so whatever the machine's speed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from engine.db.pool import Connection, Pool
from engine.db.sql import load
from engine.jobs.search import JobQuery, find_page
from tests.explained import EXPLAIN, explained
from tests.postgres import Server

FILL = (Path(__file__).resolve().parents[2] / "bench" / "history_fill.sql").read_text(encoding="utf-8")
APP, JOBS, DAY_MS = "app0", 20_000, 86_400_000
# What a page reads grows with its rows (21 of each stream, and three tables for each of 20) and with the probes (34
# cells in each month), by some blocks each. The history has 20,000 jobs: who reads all of a stream reads as many.
MOST_BLOCKS, MOST_ROWS = 1500, 400
# Which jobs of FILL are left, and what PostgreSQL knows of them. The statistics of a single kind tell it that every job
# matches everything, and without any it guesses.
HISTORIES = {
    "as a platform leaves it": ("true", "vacuum analyze headrace.jobs_history"),
    "handlers only": (
        "app = 'app0' and headrace.is_ordinary(type, status, has_errors)",
        "vacuum analyze headrace.jobs_history",
    ),
    "one type only": ("app = 'app0' and type = 'EXECUTE_ACTION'", "vacuum analyze headrace.jobs_history"),
    "without statistics": ("true", "select"),
}


@pytest.fixture(scope="module", params=HISTORIES.values(), ids=HISTORIES.keys())
async def history(request: pytest.FixtureRequest, server: Server, template: str) -> AsyncIterator[Connection]:
    """A connection, which explains what it runs, to a database with finished jobs of 25 days."""
    left, told = request.param
    name = await server.create(template=template)
    pool = await Pool.connect(server.database(name), max_size=1)
    await pool.execute("select headrace.ensure_partitions(now() - interval '1 month')")
    await pool.execute(FILL, JOBS, 0, JOBS)
    await pool.execute(f"delete from headrace.jobs_history where not ({left})")
    await pool.execute(told)
    async with pool.acquire() as conn:
        await conn.execute(EXPLAIN)
        yield conn
    await pool.close()
    await server.drop(name)


def ago(days: float) -> int:
    """ms since the epoch."""
    return time.time_ns() // 1_000_000 - round(days * DAY_MS)


TYPES = (None, "EXECUTE_ACTION", "IMPORT_USERS", "HANDLER", "IMPORT_RECORDS,EXPORT_RECORDS")
KINDS = [
    {"type": kind, "status": status, "hasErrors": errors}
    for kind in TYPES
    for status in (None, "FINISHED", "CANCELED", "PENDING,RUNNING")
    for errors in (None, True, False)
]
TIMES: list[dict[str, float]] = [
    {"createFrom": 11, "createTo": 10},
    {"startFrom": 11, "startTo": 10},
    {"startFrom": 10.001, "startTo": 10},
    {"startFrom": 10},
    {"startTo": 10},
    {"endFrom": 10.001, "endTo": 10},
    {"endFrom": 10},
    {"endTo": 10, "createFrom": 20},
    {"startTo": 10, "endFrom": 9.9},
    {"createTo": 10, "startFrom": 9},
]
SOME_KINDS = [{}, {"type": "IMPORT_USERS"}, {"hasErrors": False}, {"type": "HANDLER", "status": "FINISHED"}]
QUERIES = KINDS + [
    {**kind, **{key: ago(days) for key, days in times.items()}} for kind in SOME_KINDS for times in TIMES
]


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_a_first_page_reads_no_more_than_a_page(history: Connection, mode: str) -> None:
    """Full, rare or empty: with any filters, and however PostgreSQL plans."""
    await history.execute(f"set plan_cache_mode = {mode}")
    costs = {}
    for query in QUERIES:
        costs[json.dumps(query)] = await read(history, APP, JobQuery.parse(query))
    assert {key: cost for key, cost in costs.items() if cost[0] > MOST_BLOCKS or cost[1] > MOST_ROWS} == {}


async def test_a_first_page_of_the_platform_reads_no_more_by_times(history: Connection) -> None:
    """Every app's jobs, which are in the order of a page by their key alone, are found by any times as quickly."""
    costs = {}
    for times in TIMES:
        query = {key: ago(days) for key, days in times.items()}
        costs[json.dumps(query)] = await read(history, None, JobQuery.parse(query))
    assert {key: cost for key, cost in costs.items() if cost[0] > MOST_BLOCKS or cost[1] > MOST_ROWS} == {}


async def read(history: Connection, app: str | None, query: JobQuery) -> tuple[int, int]:
    """The blocks that a first page read, and the rows in vain."""
    told: asyncio.Queue[str] = asyncio.Queue()

    def listen(_: object, message: Any) -> None:
        told.put_nowait(message.message)

    history.add_log_listener(listen)
    try:
        await find_page(history, app, query, limit=20)
        blocks, rows = 0, 0
        # The last one is of the statement that ran the others, and counts their blocks as well.
        while True:
            text, plan = explained(await asyncio.wait_for(told.get(), 60))
            blocks = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            rows += in_vain(plan)
            if text == load("job_find"):
                return blocks, rows
    finally:
        history.remove_log_listener(listen)


def in_vain(plan: dict[str, Any]) -> int:
    """The rows that a plan read for nothing."""
    own = int(plan.get("Rows Removed by Filter", 0) * plan["Actual Loops"])
    return own + sum(in_vain(below) for below in plan.get("Plans", ()))


async def test_all_finds_are_one_statement_with_one_plan(pool: Pool) -> None:
    """Whatever the filters, a connection plans no more than five times, and then keeps a plan."""
    fresh = await Pool.connect(pool.dsn, max_size=1)
    try:
        async with fresh.acquire() as conn:
            for query in KINDS[:20]:
                await find_page(conn, "crm", JobQuery.parse(query), limit=5)
            kept = "select custom_plans from pg_prepared_statements where statement like $1"
            assert [row[0] for row in await conn.fetch(kept, "%first_jobs%")] == [5]
    finally:
        await fresh.close()
