"""The queue's hot statements keep their plans, whatever the statistics have seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from engine.db.pool import Connection, Pool
from engine.db.sql import load
from engine.jobs import liveness, queue, store
from engine.jobs.ready import Lane
from tests.engine.hands import APP, new

JOBS = 300
LANES = [Lane(APP, "default", most=JOBS, depth=JOBS)]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


async def compared(conn: Connection, statement: str, *args: object) -> int:
    """How many rows a run of the statement compared in vain in joins, or read again and again in scans."""
    explained = f"explain (analyze, costs off, timing off, format json) {statement}"
    (plan,) = json.loads(json.dumps(await conn.fetchval(explained, *args)))
    return sum(
        node.get("Rows Removed by Join Filter", 0) * node["Actual Loops"]
        + (
            node["Actual Rows"] * node["Actual Loops"]
            if node["Actual Loops"] > 1 and "Scan" in node["Node Type"]
            else 0
        )
        for node in nodes(plan["Plan"])
    )


async def test_a_claim_has_the_columns_of_a_claimed_job_first(pool: Pool) -> None:
    """They are taken by their places: in the order of Claim's fields, and under the same names."""
    worker = uuid4()
    async with pool.acquire() as conn:
        await store.create(conn, [new("one")], wake=False)
        await liveness.register(conn, worker, name="w", version="0", slots=1)
        rows = await conn.fetch(load("job_claim"), worker, *queue.lane_columns(LANES, 1))
    assert tuple(rows[0].keys())[: len(queue.Claim._fields)] == queue.Claim._fields


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
@pytest.mark.parametrize("seen", ["nothing", "pending jobs", "an empty queue"])
async def test_claims_and_finishes_never_compare_all_with_all(pool: Pool, seen: str, mode: str) -> None:
    """Hundreds of jobs a statement: what is compared grows with their number, not with its square."""
    worker = uuid4()
    async with pool.acquire() as conn:
        if seen == "an empty queue":
            await conn.execute("analyze")
        await store.create(conn, [new(str(n)) for n in range(2 * JOBS)], wake=False)
        if seen == "pending jobs":
            await conn.execute("analyze")
        await liveness.register(conn, worker, name="w", version="0", slots=JOBS)
        async with conn.transaction():
            await conn.execute(f"set local plan_cache_mode = {mode}")
            claims = (worker, *queue.lane_columns(LANES, JOBS))
            assert await compared(conn, load("job_claim"), *claims) < 10 * JOBS
            rows = await conn.fetch("select id, attempt from headrace.jobs_live where status = 'RUNNING'")
            assert len(rows) == JOBS
            ids, attempts = [row["id"] for row in rows], [row["attempt"] for row in rows]
            nothing = [None] * JOBS
            assert (
                await compared(conn, load("job_finish"), ids, attempts, [False] * JOBS, nothing, nothing, True)
                < 10 * JOBS
            )
        assert await conn.fetchval("select count(*) from headrace.jobs_history") == JOBS


async def plannings(conn: Connection) -> dict[str, int]:
    """How often this connection has planned the statements of the queue for certain values."""
    rows = await conn.fetch("select statement, custom_plans from pg_prepared_statements")
    planned = {row["statement"]: row["custom_plans"] for row in rows}
    return {name: planned.get(load(name), 0) for name in ("job_claim", "job_finish")}


async def test_claims_and_finishes_are_planned_once(pool: Pool) -> None:
    """Planning takes longer than a small claim: PostgreSQL's five trials, and then never again."""
    worker, fresh = uuid4(), await Pool.connect(pool.dsn, max_size=1)
    try:
        async with fresh.acquire() as conn:
            await store.create(conn, [new(str(n)) for n in range(5000)], wake=False)
            await conn.execute("analyze")
            await liveness.register(conn, worker, name="w", version="0", slots=1)
            for _ in range(12):
                batch = await queue.claim(conn, worker, [Lane(APP, "default")], limit=1)
                ends = [queue.Finish(claim.id, claim.attempt) for claim in batch.claims]
                async with conn.transaction():
                    assert len(await queue.finish(conn, ends)) == 1
            assert await plannings(conn) == {"job_claim": 5, "job_finish": 5}
    finally:
        await fresh.close()
