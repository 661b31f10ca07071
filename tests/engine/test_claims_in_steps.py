"""Claims and ends have a short way for what is usual and a long one for what is not: both say the same."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from engine.db.pool import Connection, Pool
from engine.jobs import liveness, queue, store, waits
from engine.jobs.queue import Batch, Claim, Finish
from engine.jobs.ready import Lane
from engine.model import NewJob, Status
from tests.engine.hands import ask, blocked, get, new, rows, status

MOST = 20
# A listener whom nobody ever tells anything: the ends of jobs may concern it.
EAR = """
insert into headrace.apps (name, label, version) values ('elsewhere', 'Elsewhere', 1);
insert into headrace.listeners (app, name, kind, subject, events) values ('elsewhere', 'ear', 'job', '', '{finished}');
"""


@pytest.fixture
async def conn(pool: Pool) -> Any:
    """A connection."""
    async with pool.acquire() as conn:
        yield conn


@pytest.fixture
async def worker(conn: Connection) -> UUID:
    """A worker that may claim."""
    found = uuid4()
    await liveness.register(conn, found, name="w", version="0", slots=MOST)
    return found


async def claim(conn: Connection, worker: UUID, *apps: str, limit: int = MOST, careful: bool = False) -> Batch:
    """A claim out of one lane of each app."""
    lanes = [Lane(app, "default", most=limit, depth=limit, careful=careful) for app in apps]
    return await queue.claim(conn, worker, lanes, limit=limit)


async def odd_one(conn: Connection, app: str) -> None:
    """An entry that leads to no job, so that a claim that meets it takes the long way."""
    await conn.execute(
        "insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)"
        " values ((select last_value % 3 from headrace.job_ready_turn), $1, 'default', 1, now(), $2)",
        app,
        uuid4(),
    )


async def all_kinds(conn: Connection, worker: UUID, app: str) -> None:
    """Jobs that have everything that a claim may tell of, and one that has nothing of it."""

    def one(name: str, **options: Any) -> NewJob:
        return new(name, **{"app": app, **options})

    (again,) = await store.create(conn, [one("again", max_attempts=3)])
    (first,) = (await claim(conn, worker, app)).claims
    async with conn.transaction():
        await queue.retry(conn, first, delay_ms=0, detail="it failed")
    await conn.execute("insert into headrace.job_progress (job_id, checkpoint) values ($1, '{\"step\": 2}')", again)
    (parent,) = await store.create(conn, [one("parent", label="A parent", run_by="ann", spec={"params": {"n": 1}})])
    await store.create(
        conn,
        [
            one("child", parent_id=parent),
            one("wrong", timeout_ms=5000, app_version=7),
            one("awaited"),
        ],
    )
    await conn.execute(
        "update headrace.jobs_live set awaited = true, limited = true where app = $1 and name = 'awaited'", app
    )
    await conn.execute("update headrace.jobs_live set has_errors = true where app = $1 and name = 'wrong'", app)


def described(claims: Sequence[Claim]) -> list[dict[str, Any]]:
    """The claims without what differs from job to job: in place of ids, the names of the jobs."""
    names = {found.id: found.name for found in claims}
    own = ("id", "app", "created_s", "started_s")
    return [
        {
            **{key: value for key, value in found._asdict().items() if key not in own},
            "parent_id": names.get(found.parent_id) if found.parent_id else None,
            "root_id": names[found.root_id],
            "times": found.created_s <= found.started_s,
        }
        for found in claims
    ]


async def kept(conn: Connection, what: str) -> dict[UUID, Any]:
    """The results or the errors of the jobs that have any."""
    found = await conn.fetch(f"select job_id, {what} from headrace.job_results where {what} is not null")
    return {row["job_id"]: row[what] for row in found}


async def test_both_ways_of_a_claim_tell_the_same(conn: Connection, worker: UUID) -> None:
    """Whatever a job has, in the order in which jobs are to start; with the locks of a careful claim and without."""
    for app in ("crm", "other", "third"):
        await all_kinds(conn, worker, app)
    await odd_one(conn, "other")
    short, long = await claim(conn, worker, "crm"), await claim(conn, worker, "other")
    careful = await claim(conn, worker, "third", careful=True)
    assert (short.dropped, long.dropped, careful.dropped) == (0, 1, 0)
    found = described(short.claims)
    assert found == described(long.claims) == described(careful.claims)
    assert [(job["name"], job["attempt"], job["failures"]) for job in found] == [
        ("again", 2, 1),
        ("parent", 1, 0),
        ("wrong", 1, 0),
        ("awaited", 1, 0),
        ("child", 1, 0),
    ]
    told = {job["name"]: job for job in found}
    assert told["again"]["checkpoint"] == {"step": 2}
    assert (told["parent"]["label"], told["parent"]["run_by"], told["parent"]["spec"]) == (
        "A parent",
        "ann",
        {"params": {"n": 1}},
    )
    assert (told["child"]["parent_id"], told["child"]["root_id"]) == ("parent", "parent")
    assert (told["wrong"]["has_errors"], told["wrong"]["timeout_ms"], told["wrong"]["app_version"]) == (True, 5000, 7)
    assert [job["limited"] for job in found] == [False, False, False, True, False]
    assert [rank[0] for rank in short.ranks] == [("crm", "default")] * 5
    assert [rank[1] for rank in short.ranks] == [rank[1] for rank in long.ranks] == [0, 1, 1, 1, 1]


async def test_low_priority_is_told_either_way(conn: Connection, worker: UUID) -> None:
    """A claim of low-priority jobs alone, and one that has both kinds."""
    await store.create(conn, [new(app="crm", low_priority=True) for _ in range(2)])
    assert [found.low_priority for found in (await claim(conn, worker, "crm")).claims] == [True, True]
    await store.create(conn, [new("low", low_priority=True), new("normal")])
    assert [(found.name, found.low_priority) for found in (await claim(conn, worker, "crm")).claims] == [
        ("normal", False),
        ("low", True),
    ]


@pytest.mark.parametrize("odd", [False, True])
async def test_two_lanes_give_no_more_than_the_limit(conn: Connection, worker: UUID, odd: bool) -> None:
    """Three of each lane are looked at for five: the first lane gives its three, the second one two, and keeps one."""
    await store.create(conn, [new(f"{app}{n}", app=app) for n in range(4) for app in ("crm", "other")])
    if odd:
        await odd_one(conn, "other")
    lanes = [Lane(app, "default", most=3, depth=3) for app in ("crm", "other")]
    batch = await queue.claim(conn, worker, lanes, limit=5)
    assert [found.name for found in batch.claims] == ["crm0", "crm1", "crm2", "other0", "other1"]
    assert [rank[0][0] for rank in batch.ranks] == ["crm"] * 3 + ["other"] * 2
    rest = (await claim(conn, worker, "crm", "other")).claims
    assert [found.name for found in rest] == ["crm3", "other2", "other3"]


async def test_jobs_of_two_months_keep_their_order_and_their_specs(conn: Connection, worker: UUID) -> None:
    """The first one to start may have the last id, and what belongs to it stands in another month's table."""
    first, second = await store.create(conn, [new(str(n), spec={"params": n}) for n in range(2)])
    late = UUID(int=first.int + ((40 * 86_400_000) << 80))
    for table, column in (("jobs_live", "id"), ("job_params", "job_id"), ("job_ready", "job_id")):
        await conn.execute(f"update headrace.{table} set {column} = $1 where {column} = $2", late, first)
    claims = (await claim(conn, worker, "crm")).claims
    assert [(found.id, found.spec) for found in claims] == [(late, {"params": 0}), (second, {"params": 1})]


async def test_a_job_without_its_row_of_parameters_is_claimed_all_the_same(conn: Connection, worker: UUID) -> None:
    """It ends with an error of its own then, and does not keep the jobs beside it."""
    ids = await store.create(conn, [new("a"), new("b")])
    await conn.execute("delete from headrace.job_params where job_id = $1", ids[0])
    assert [(found.id, found.label) for found in (await claim(conn, worker, "crm")).claims] == [
        (ids[0], "a"),
        (ids[1], "b"),
    ]


@pytest.mark.parametrize("heard", [False, True])
async def test_both_ways_of_an_end_tell_the_same(pool: Pool, conn: Connection, worker: UUID, heard: bool) -> None:
    """Whoever listens or not: what has ended and what is lost, and behind a lock what was canceled or is waited for."""
    if heard:
        await conn.execute(EAR)
    (again,) = await store.create(conn, [new("again", max_attempts=3)])
    (found,) = (await claim(conn, worker, "crm")).claims
    async with conn.transaction():
        await queue.retry(conn, found, delay_ms=0, detail="it failed")
    names = ("plain", "results", "canceled", "lost", "awaited", "gone")
    made = dict(zip(names, await store.create(conn, [new(name) for name in names]), strict=True))
    claims = {found.name: found for found in (await claim(conn, worker, "crm")).claims}
    assert claims["again"].attempt == 2
    await ask(pool, "cancel", made["canceled"])
    await conn.execute("update headrace.jobs_live set awaited = true where id = $1", made["awaited"])
    assert await queue.finish(conn, [Finish(made["gone"], 1)], awaited=False) == [Status.FINISHED]
    results = {"results": {"status": "ok", "response": 1}}
    ends = [
        Finish(again, 2),
        Finish(made["plain"], 1),
        *(Finish(made[name], 1, results=results) for name in ("results", "canceled")),
        Finish(made["lost"], 2, results=results),
        Finish(made["awaited"], 1),
        Finish(made["gone"], 1, results=results),
    ]
    ended = [Status.FINISHED] * 3
    assert await queue.finish(conn, ends, awaited=False) == [*ended, None, None, None, None]
    assert await status(pool, made["canceled"]) is Status.CANCELING
    assert await status(pool, made["awaited"]) is Status.RUNNING
    async with conn.transaction():
        await waits.lock(conn, [end.id for end in ends])
        assert await queue.finish(conn, ends[3:]) == [Status.CANCELED, None, Status.FINISHED, None]
    jobs = {name: await get(pool, job_id) for name, job_id in made.items()}
    assert {name: job.status for name, job in jobs.items()} == {
        "plain": Status.FINISHED,
        "results": Status.FINISHED,
        "canceled": Status.CANCELED,
        "lost": Status.RUNNING,
        "awaited": Status.FINISHED,
        "gone": Status.FINISHED,
    }
    assert await kept(conn, "results") == {made["results"]: results, made["canceled"]: results}
    assert (await rows(pool, again))["failures"] == 1


async def test_a_batch_with_a_failure_ends_as_each_says(pool: Pool, conn: Connection, worker: UUID) -> None:
    """Errors are of the jobs that had them, the flag as well."""
    made = await store.create(conn, [new(str(n)) for n in range(3)])
    await claim(conn, worker, "crm")
    error = {"code": "unknownError", "message": "no"}
    ends = [Finish(made[0], 1), Finish(made[1], 1, failed=True, error=error), Finish(made[2], 1, failed=True)]
    assert await queue.finish(conn, ends, awaited=False) == [Status.FINISHED] * 3
    jobs = [await get(pool, job_id) for job_id in made]
    assert [job.has_errors for job in jobs] == [False, True, True]
    assert await kept(conn, "error") == {made[1]: error}
    assert [(await rows(pool, job_id))["failures"] for job_id in made] == [0, 1, 1]


async def test_a_job_that_is_changed_while_a_claim_looks_at_it_is_claimed(pool: Pool, worker: UUID) -> None:
    """What is locked at first, and free once the long statement has begun, is looked at again as it is now.

    That statement has its snapshot, and waits for the lock of an index.
    """
    async with pool.acquire() as conn, pool.acquire() as changer, pool.acquire() as holder:
        # The claim's statements are planned: to plan them needs the index as well.
        await queue.warm(conn, worker)
        (job,) = await store.create(conn, [new()])
        async with holder.transaction():
            await holder.execute("alter index headrace.job_progress_default_pkey set tablespace pg_default")
            async with changer.transaction():
                await changer.execute("update headrace.jobs_live set has_errors = true where id = $1", job)
                claiming = asyncio.create_task(claim(conn, worker, "crm", careful=True))
                await blocked(pool)
                assert not claiming.done()
        batch = await claiming
        left = await conn.fetchval("select count(*) from headrace.job_ready")
    assert [(found.id, found.has_errors) for found in batch.claims] == [(job, True)]
    assert (batch.dropped, batch.passed, left) == (0, 0, 0)
