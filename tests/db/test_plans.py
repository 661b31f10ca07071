"""The queue's hot statements keep their plans, whatever the statistics have seen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from engine.db.pool import Connection, Pool
from engine.db.sql import load
from engine.jobs import liveness, queue, store
from engine.jobs.ready import BEGINNING, Lane
from tests.engine.hands import APP, new
from tests.explained import nodes, watched

JOBS = 300
LANES = [Lane(APP, "default", most=JOBS, depth=JOBS)]
# Tables that may be small when a statement is planned, and large when it runs.
GROWING = ("job_ready", "jobs_", "job_params", "job_progress", "job_results")
VACUUM = "vacuum analyze headrace.jobs_live, headrace.job_ready_0, headrace.job_ready_1, headrace.job_ready_2"


@pytest.fixture
async def fresh(pool: Pool) -> AsyncIterator[Connection]:
    """A connection that has planned nothing yet."""
    alone = await Pool.connect(pool.dsn, max_size=1)
    async with alone.acquire() as conn:
        yield conn
    await alone.close()


@pytest.fixture
async def worker(fresh: Connection) -> UUID:
    """A worker that is registered."""
    found = uuid4()
    await liveness.register(fresh, found, name="w", version="0", slots=JOBS)
    return found


async def ran(conn: Connection, work: Awaitable[Any]) -> tuple[Any, list[dict[str, Any]]]:
    """What the work gives, and all nodes of the plans that it ran by."""
    async with watched(conn) as plans:
        found = await work
    return found, [node for plan in plans for node in nodes(plan) if node["Actual Loops"] > 0]


def compared(found: Sequence[dict[str, Any]]) -> float:
    """How many rows were compared in vain in joins, or read again and again in scans."""
    return sum(
        node.get("Rows Removed by Join Filter", 0) * node["Actual Loops"]
        + (
            node["Actual Rows"] * node["Actual Loops"]
            if node["Actual Loops"] > 1 and "Scan" in node["Node Type"]
            else 0
        )
        for node in found
    )


def walked(found: Sequence[dict[str, Any]]) -> set[str]:
    """The growing tables that were read from end to end."""
    names = {node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"}
    return {name for name in names if name.startswith(GROWING)} - {"job_ready_turn"}


def ends(batch: queue.Batch) -> list[queue.Finish]:
    """The ends of what a claim took."""
    return [queue.Finish(claim.id, claim.attempt) for claim in batch.claims]


async def test_a_claim_has_its_columns_where_they_are_taken(fresh: Connection, worker: UUID) -> None:
    """They are taken by their places: in the order of Claim's fields, but for what a lane and an order of all tell."""
    await store.create(fresh, [new("one")], wake=False)
    rows = await fresh.fetch(load("job_claim"), worker, *queue.lane_columns(LANES, 1), False)
    elsewhere = {"app", "queue", "low_priority", "has_errors", "limited"}
    own = tuple(rows[0].keys())[: -len(queue.ORDER)]
    assert [name for name in own if name != "marks"] == [name for name in queue.Claim._fields if name not in elsewhere]
    assert own.index("marks") == own.index("run_by") + 1
    assert tuple(rows[0].keys())[-len(queue.ORDER) :] == queue.ORDER


@pytest.mark.parametrize("seen", ["nothing", "pending jobs", "an empty queue"])
async def test_claims_and_finishes_never_compare_all_with_all(fresh: Connection, worker: UUID, seen: str) -> None:
    """What is compared grows with the number of jobs, not with its square, and no table is read from end to end."""
    if seen == "an empty queue":
        await fresh.execute("analyze")
    await store.create(fresh, [new(str(n)) for n in range(2 * JOBS)], wake=False)
    if seen == "pending jobs":
        await fresh.execute("analyze")
    batch, claim = await ran(fresh, queue.claim(fresh, worker, LANES, limit=JOBS))
    assert len(batch.claims) == JOBS
    _, finish = await ran(fresh, queue.finish(fresh, ends(batch), awaited=False))
    assert max(compared(claim), compared(finish)) < 10 * JOBS
    assert walked(claim) | walked(finish) == set()
    assert await fresh.fetchval("select count(*) from headrace.jobs_history") == JOBS


async def test_a_plan_of_an_empty_queue_serves_a_backlog(fresh: Connection, worker: UUID) -> None:
    """Tables that had a page when their plans were made are not read from end to end for ever."""
    await fresh.execute(VACUUM)
    for n in range(8):
        await store.create(fresh, [new(str(n))], wake=False)
        batch = await queue.claim(fresh, worker, LANES, limit=1)
        assert await queue.finish(fresh, ends(batch), awaited=False) == ["FINISHED"]
    await store.create(fresh, [new(str(n)) for n in range(JOBS)], wake=False)
    batch, claim = await ran(fresh, queue.claim(fresh, worker, LANES, limit=10))
    _, finish = await ran(fresh, queue.finish(fresh, ends(batch), awaited=False))
    assert len(batch.claims) == 10
    assert walked(claim) | walked(finish) == set()


async def test_a_claim_reads_nothing_of_lists_that_hold_only_dead_entries(fresh: Connection, worker: UUID) -> None:
    """Where a snapshot is held they stay until their list is truncated, and cost a claim nothing meanwhile."""
    await store.create(fresh, [new(str(n)) for n in range(40)], wake=False)
    for _ in range(6):
        await queue.claim(fresh, worker, [], limit=0)
    reads = [await claimed_pages(fresh, worker, BEGINNING)]
    await fresh.execute("select setval('headrace.job_ready_turn', 1)")
    await fresh.execute(
        "insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)"
        " select 1, $1, 'default', 1, now(), gen_random_uuid() from generate_series(1, 20000)",
        APP,
    )
    await fresh.execute("delete from headrace.job_ready where leaf = 1")
    await fresh.execute("select setval('headrace.job_ready_turn', 2)")
    since = datetime.now(UTC)
    await store.create(fresh, [new(str(n)) for n in range(40)], wake=False)
    reads.append(await claimed_pages(fresh, worker, since))
    assert reads[1] < reads[0] + 100, reads


async def claimed_pages(conn: Connection, worker: UUID, since: datetime) -> int:
    """How many pages a claim of 40 jobs reads that looks from this rank on."""
    lanes = [Lane(APP, "default", since, most=40, depth=40)]
    async with watched(conn) as plans:
        batch = await queue.claim(conn, worker, lanes, limit=40)
    assert len(batch.claims) == 40
    return int(plans[-1]["Shared Hit Blocks"] + plans[-1]["Shared Read Blocks"])


async def test_claims_and_finishes_are_planned_once(fresh: Connection, worker: UUID) -> None:
    """Planning takes longer than a small claim: each step has one plan for all values, which `warm` makes."""
    await queue.warm(fresh, worker)
    # What reads no table takes no time to plan.
    plans = "select count(*) from pg_backend_memory_contexts where name = 'CachedPlan' and ident like '%headrace.%'"
    await fresh.fetchval(plans)
    planned = await fresh.fetchval(plans)
    await store.create(fresh, [new(str(n)) for n in range(4)], wake=False)
    await fresh.execute(
        "insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)"
        " values ((select last_value % 3 from headrace.job_ready_turn), $1, 'default', 1, now(), gen_random_uuid())",
        APP,
    )
    made = await fresh.fetchval(plans)
    usual = await queue.claim(fresh, worker, [Lane(APP, "default", most=1, depth=1)], limit=1)
    careful = await queue.claim(fresh, worker, [Lane(APP, "default", most=1, depth=1, careful=True)], limit=1)
    odd = await queue.claim(fresh, worker, LANES, limit=JOBS)
    assert (len(usual.claims), len(careful.claims), odd.dropped) == (1, 1, 1)
    good, failed, lost, *_ = ends(usual) + ends(careful) + ends(odd)
    assert await queue.finish(fresh, [good._replace(results={"n": 1})], awaited=False) == ["FINISHED"]
    batch = [failed._replace(failed=True, error={"n": 1}), lost._replace(attempt=7)]
    assert await queue.finish(fresh, batch, awaited=False) == ["FINISHED", None]
    async with fresh.transaction():
        assert await queue.finish(fresh, [lost._replace(attempt=7)]) == [None]
    assert await fresh.fetchval(plans) == made > planned
    settings = "select proconfig from pg_proc where proname = any ($1)"
    for row in await fresh.fetch(settings, ["claim_lanes", "finish_jobs"]):
        assert row["proconfig"][:3] == ["plan_cache_mode=force_generic_plan", "enable_seqscan=off", "jit=off"]


async def test_a_worker_from_before_goes_on_behind_the_migration(fresh: Connection, worker: UUID) -> None:
    """The schema is deployed first: what older code claims and ends with is there until it is replaced."""
    await store.create(fresh, [new(str(n)) for n in range(3)], wake=False)
    claim = "select id, app, name, attempt, low_priority from headrace.claim_jobs($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    rows = await fresh.fetch(claim, worker, *queue.lane_columns(LANES, JOBS))
    await store.create(fresh, [new("3")], wake=False)
    claim = "select name, attempt, ids from headrace.claim_lanes($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    job, order = await fresh.fetch(claim, worker, *queue.lane_columns(LANES, JOBS))
    assert (job["name"], job["attempt"], len(order["ids"])) == ("3", 1, 1)
    assert [(row["app"], row["name"], row["attempt"], row["low_priority"]) for row in rows] == [
        (APP, str(n), 1, False) for n in range(3)
    ]
    ids = sorted(row["id"] for row in rows)
    ended = "select lost, canceled from headrace.finish_jobs($1, $2, $3, $4, $5, false)"
    row = await fresh.fetchrow(ended, ids, [1, 1, 2], [False] * 3, [None, {"n": 1}, None], [None] * 3)
    assert dict(row or {}) == {"lost": ids[2:], "canceled": []}


@pytest.mark.parametrize("what", ["normal", "low", "both", "both, low first", "limits", "two apps"])
async def test_what_is_usual_takes_the_short_way(fresh: Connection, worker: UUID, what: str) -> None:
    """Also where low-priority jobs are owed their share, and where limits leave room: the long one costs twice that."""
    low = {"normal": [False] * 6, "low": [True] * 6}.get(what, [False, False, False, True, True, True])
    await store.create(fresh, [new(str(n), low_priority=one) for n, one in enumerate(low)], wake=False)
    lanes = [Lane(APP, "default", most=4, depth=4, low_first=2 if what == "both, low first" else 0)]
    if what == "limits":
        await fresh.execute(
            "insert into headrace.job_limits (app, queue, source, concurrency) values ($1, '', 'app', 3)", APP
        )
    if what == "two apps":
        await store.create(fresh, [new("there", app="other")], wake=False)
        lanes.append(Lane("other", "default", most=4, depth=4))
    batch, ran_by = await ran(fresh, queue.claim(fresh, worker, lanes, limit=4))
    names = [claim.name for claim in batch.claims]
    assert names == {"both, low first": ["3", "4", "0", "1"], "limits": ["0", "1", "2"]}.get(what, ["0", "1", "2", "3"])
    assert [claim.low_priority for claim in batch.claims] == [low[int(name)] for name in names]
    assert [claim.limited for claim in batch.claims] == [what == "limits"] * len(names)
    assert not any(node.get("Subplan Name") == "CTE matched" for node in ran_by)
    assert compared(ran_by) < 100


# What workers do every second or every few, with its parameters.
HOUSEKEEPING: dict[str, list[Any]] = {
    "flatfile_followers_due": [200],
    "flatfile_held_too_long": [200],
    "flatfile_parts_due": [200],
    "inbox_sweep": [],
    "ready_look": ["", "", 100],
    "ready_set_aside": [],
    "record_locks_left": [],
    "record_locks_waiting": [],
    "root_ranks_sweep": [],
    "wait_sweep": [],
    "wake_overdue": [],
    "worker_stale": [30_000],
}


@pytest.mark.parametrize("seen", ["nothing", "statistics"])
async def test_housekeeping_walks_over_no_jobs(fresh: Connection, seen: str) -> None:
    """Where nothing is to be done it reads no job, however many are live, or dead because a snapshot is held."""
    await store.create(fresh, [new(str(n)) for n in range(JOBS)], wake=False)
    if seen == "statistics":
        await fresh.execute("analyze")
    for name, args in HOUSEKEEPING.items():
        _, found = await ran(fresh, fresh.fetch(load(name), *args))
        assert walked(found) - {f"job_ready_{leaf}" for leaf in range(3)} == set(), name
