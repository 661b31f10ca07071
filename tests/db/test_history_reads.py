"""How much of a history a first page reads, by any filters: counted in blocks, so whatever the machine's speed."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from engine.db import search as composed
from engine.db.pool import Connection, Pool
from engine.jobs.search import JobQuery, count, find_page
from tests.postgres import Server

FILL = (Path(__file__).resolve().parents[2] / "bench" / "history_fill.sql").read_text(encoding="utf-8")
APP, JOBS, DAY_MS = "app0", 20_000, 86_400_000
# What a page reads grows with its rows (21 of each stream, and three tables for each of 20) and with the probes (34
# cells in each month), by some blocks each. The history has 20,000 jobs: who reads all of a stream reads as many.
MOST_BLOCKS, MOST_ROWS = 1500, 400
# Which jobs of FILL are left. The statistics of a single kind tell PostgreSQL that every job matches everything.
HISTORIES = {
    "as a platform leaves it": "true",
    "handlers only": "app = 'app0' and headrace.is_ordinary(type, status, has_errors)",
    "one type only": "app = 'app0' and type = 'EXECUTE_ACTION'",
}


@pytest.fixture(scope="module", params=HISTORIES.values(), ids=HISTORIES.keys())
async def history(request: pytest.FixtureRequest, server: Server, template: str) -> AsyncIterator[Connection]:
    """A connection to a database with finished jobs of 25 days."""
    name = await server.create(template=template)
    pool = await Pool.connect(server.database(name), max_size=1)
    await pool.execute("select headrace.ensure_partitions(now() - interval '1 month')")
    await pool.execute(FILL, JOBS, 0, JOBS)
    await pool.execute(f"delete from headrace.jobs_history where not ({request.param})")
    await pool.execute("vacuum analyze headrace.jobs_history")
    async with pool.acquire() as conn:
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
async def test_a_first_page_reads_no_more_than_a_page(
    history: Connection, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Full, rare or empty: with any filters, and however PostgreSQL plans."""
    read: list[tuple[int, int]] = []

    async def explained(conn: Connection, statement: Any) -> list[Any]:
        sql, args = composed.compile_statement(statement)
        plan = await conn.fetchval(f"explain (analyze, buffers, timing off, format json) {sql}", *args)
        (top,) = plan if isinstance(plan, list) else json.loads(plan)
        read.append((top["Plan"]["Shared Hit Blocks"] + top["Plan"]["Shared Read Blocks"], in_vain(top["Plan"])))
        return []

    for way in ("fetch", "fetch_planned"):
        monkeypatch.setattr(composed, way, explained)
    await history.execute(f"set plan_cache_mode = {mode}")
    costs = {}
    for query in QUERIES:
        await find_page(history, APP, JobQuery.parse(query), limit=20)
        costs[json.dumps(query)] = read.pop()
    assert {key: cost for key, cost in costs.items() if cost[0] > MOST_BLOCKS or cost[1] > MOST_ROWS} == {}


def in_vain(plan: dict[str, Any]) -> int:
    """The rows that a plan read for nothing."""
    own = int(plan.get("Rows Removed by Filter", 0) * plan["Actual Loops"])
    return own + sum(in_vain(below) for below in plan.get("Plans", ()))


async def test_a_find_by_times_is_planned_for_them(pool: Pool) -> None:
    """However often it is asked, PostgreSQL keeps no plan of it for any times, by which a minute is a tenth of all."""
    fresh = await Pool.connect(pool.dsn, max_size=1)
    try:
        async with fresh.acquire() as conn:
            for minute in range(12):
                query = JobQuery.parse({"hasErrors": False, "endFrom": minute, "endTo": minute + 60_000})
                await find_page(conn, "crm", query, limit=5)
                await count(conn, "crm", query)
            kept = "select count(*) from pg_prepared_statements where statement like $1"
            assert await conn.fetchval(kept, "%ended_at >=%") == 0
    finally:
        await fresh.close()
