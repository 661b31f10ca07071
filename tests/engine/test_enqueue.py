"""Jobs are created in the caller's transaction, one by one or many, once for each unique key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from engine.db.pool import Pool
from engine.errors import BadRequest
from engine.ids import id_time
from engine.jobs import liveness, store
from engine.jobs.names import JOBS_CHANNEL
from engine.model import NewJob
from tests.engine.hands import Hand, ask, enqueue, enqueue_one, get, make_due, new, rows

# All that was made of a job, but for what differs from job to job. Times as minutes after its creation.
PLACES = """
select j.root_id, j.queue, j.type, j.name, j.status, j.low_priority, j.attempt, j.max_attempts, j.timeout_ms,
    j.app_version, j.run_by, j.unique_key, j.concurrency_key, j.concurrency_limit, p.label, p.spec,
    r.leaf, r.queue as listed, r.priority, b.key, b.priority as blocked, l.ready_at = j.ready_at as later,
    round(extract(epoch from j.ready_at - j.created_at) / 60) as ready,
    round(extract(epoch from r.rank - j.created_at) / 60) as rank
from headrace.jobs_live j join headrace.job_params p on p.job_id = j.id
left join headrace.job_ready r on r.job_id = j.id left join headrace.job_later l on l.job_id = j.id
left join headrace.job_blocked b on b.job_id = j.id
where j.id = $1
"""


class Undo(Exception):
    """The caller changes its mind."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was notified to those who wait for jobs."""

    _conn: asyncpg.Connection
    _payloads: list[object]

    async def so_far(self) -> list[object]:
        """All until now: the server sends what it has before it answers."""
        await self._conn.execute("select 1")
        return self._payloads

    async def something(self) -> list[object]:
        """All, once there is anything."""
        async with asyncio.timeout(60):
            while not self._payloads:  # noqa: ASYNC110 - notifications come when the loop runs
                await asyncio.sleep(0.01)
        return await self.so_far()


@asynccontextmanager
async def listening(pool: Pool) -> AsyncIterator[Heard]:
    """Somebody listens."""
    heard: list[object] = []
    conn = await pool.dedicated()
    try:
        await conn.add_listener(JOBS_CHANNEL, lambda *args: heard.append(args[-1]))
        yield Heard(conn, heard)
    finally:
        await conn.close()


async def test_a_rolled_back_caller_leaves_no_job_and_wakes_nobody(pool: Pool) -> None:
    """The job and the wake-up belong to the caller's own transaction."""
    await Hand.join(pool)
    async with listening(pool) as heard:
        with pytest.raises(Undo):
            async with pool.transaction() as conn:
                await store.create(conn, [new()])
                raise Undo
        assert not await pool.fetch("select 1 from headrace.jobs union all select 1 from headrace.job_params")
        assert await heard.so_far() == []
        await enqueue(pool, *[new() for _ in range(50)])
        assert await heard.something() == ["crm default"]


async def test_nobody_is_woken_while_nobody_is_hungry(pool: Pool) -> None:
    """A notification makes commits go one by one: it is sent only where a worker has slots for more than it finds."""
    async with listening(pool) as heard:
        await enqueue(pool, new())
        hand = await Hand.join(pool)
        async with pool.acquire() as conn:
            await liveness.tell_hungry(conn, hand.id, False)
        await enqueue(pool, new())
        await pool.execute("select headrace.enqueue('crm', 'noop')")
        async with pool.acquire() as conn:
            await liveness.tell_hungry(conn, hand.id, True)
        await enqueue(pool, new(), new())
        assert await heard.something() == ["crm default"]


async def test_a_hungry_worker_says_so_again_with_each_heartbeat(pool: Pool) -> None:
    """Who was hungry long ago and has been silent since is not looked for; one heartbeat, and jobs wake again."""
    hand = await Hand.join(pool)
    async with listening(pool) as heard:
        await pool.execute("select setval('headrace.hungry_until', extract(epoch from clock_timestamp())::bigint - 1)")
        await enqueue(pool, new())
        await pool.execute("select headrace.enqueue('crm', 'noop')")
        assert await heard.so_far() == []
        assert await hand.beat()
        await enqueue(pool, new())
        await pool.execute("select headrace.enqueue('crm', 'noop')")
        assert set(await heard.something()) == {"crm default", "crm handler.noop"}


async def test_many_jobs_keep_their_order(pool: Pool) -> None:
    """Five thousand jobs of one call have rising ids and their times, and are claimed in this order."""
    ids = await enqueue(pool, *[new(str(n)) for n in range(5000)])
    assert ids == sorted(ids)
    assert len(set(ids)) == 5000
    made = await pool.fetch("select id, created_at from headrace.jobs_live")
    assert all(row["created_at"] == id_time(row["id"]) for row in made)
    assert [claim.name for claim in await (await Hand.join(pool)).claim(10)] == [str(n) for n in range(10)]


async def test_jobs_of_several_kinds_in_one_call_keep_their_own(pool: Pool) -> None:
    """What alternates from job to job stays with each of them, and the ids keep the order of the call."""
    given = [new(str(n), app="ab"[n % 2], low_priority=n % 3 == 0, spec={"params": {"n": n}}) for n in range(60)]
    ids = await enqueue(pool, *given)
    assert ids == sorted(ids)
    for asked, id in zip(given, ids, strict=True):
        made = await get(pool, id, app=asked.app)
        for name in ("name", "low_priority", "spec"):
            assert getattr(made, name) == getattr(asked, name)
        assert (made.root_id, made.created_at) == (id, id_time(id))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"spec": {"a": 1}, "label": "L", "run_by": "u", "max_attempts": 3, "timeout_ms": 9, "app_version": 1},
        {"low_priority": True},
        {"urgent": True},
        {"urgent": True, "low_priority": True},
        {"delay_ms": 60_000},
        {"unique_key": "k"},
        {"concurrency_key": "k", "concurrency_limit": 2},
        {"parent_id": True},
        {"parent_id": True, "unique_key": "k", "delay_ms": 60_000, "concurrency_key": "k"},
    ],
    ids=" ".join,
)
async def test_a_job_that_comes_alone_is_as_one_among_many(pool: Pool, options: dict[str, Any]) -> None:
    """Their rows are alike, and so is the list in which they stand and the place there."""
    roots = await enqueue(pool, new(), new())

    def job(app: str, root: UUID) -> NewJob:
        return new(app=app, **{**options, **({"parent_id": root} if "parent_id" in options else {})})

    (alone,) = await enqueue(pool, job("alone", roots[0]))
    (among, _) = await enqueue(pool, job("among", roots[1]), job("else", roots[1]))
    one, other = [dict((await pool.fetch(PLACES, id))[0]) for id in (alone, among)]
    assert (one.pop("root_id"), other.pop("root_id")) == (tuple(roots) if "parent_id" in options else (alone, among))
    assert one == other


async def test_a_job_is_the_same_where_statements_are_not_kept(pool: Pool) -> None:
    """Behind an old PgBouncer, where each statement is planned anew, it is made by a function."""
    told: dict[str, Any] = {"spec": {"a": 1}, "run_by": "u", "max_attempts": 3, "timeout_ms": 9, "low_priority": True}
    forgetful = await Pool.connect(pool.dsn, statement_cache=False)
    try:
        there = [await enqueue_one(at, **told) for at in (pool, forgetful)]
    finally:
        await forgetful.close()
    one, other = [dict((await pool.fetch(PLACES, id))[0]) for id in there]
    assert [one.pop("root_id"), other.pop("root_id")] == there
    assert one == other


async def test_no_jobs_are_no_work(pool: Pool) -> None:
    """An empty call creates nothing and answers nothing."""
    async with pool.transaction() as conn:
        assert await store.create(conn, []) == []


async def test_a_job_carries_what_its_creator_said(pool: Pool) -> None:
    """Spec, label, runBy, limits, priority and queue come back as they were given."""
    given: dict[str, Any] = {
        "spec": {"params": {"a": [1, None, "é\U0001f600"]}},
        "label": "Do it",
        "run_by": "u1",
        "max_attempts": 7,
        "timeout_ms": 5,
        "low_priority": True,
        "queue": "mail",
        "unique_key": "k",
    }
    job = await get(pool, await enqueue_one(pool, **given))
    assert {name: getattr(job, name) for name in given} == given
    (claim,) = await (await Hand.join(pool)).claim()
    shared = given.keys() - {"unique_key"}
    assert {name: getattr(claim, name) for name in shared} == {name: given[name] for name in shared}


async def test_a_delayed_job_waits_for_its_time(pool: Pool) -> None:
    """It is PENDING, nobody claims it before, and its time is the delay after its creation."""
    job_id = await enqueue_one(pool, delay_ms=3_600_000)
    hand = await Hand.join(pool)
    assert await hand.claim() == []
    row = await rows(pool, job_id)
    late = row["ready_at"] - row["created_at"] - timedelta(hours=1)
    assert timedelta(0) <= late < timedelta(minutes=1)
    await make_due(pool, job_id)
    assert (await hand.claim_one()).id == job_id


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("delay_ms", -1),
        ("delay_ms", 10**15),
        ("delay_ms", 1.5),
        ("max_attempts", 0),
        ("max_attempts", 1001),
        ("max_attempts", True),
        ("timeout_ms", 0),
        ("timeout_ms", 10**9),
        ("unique_key", ""),
        ("unique_key", "x" * 501),
        ("unique_key", "a\0b"),
        ("queue", "a b"),
        ("queue", ""),
    ],
)
async def test_a_value_out_of_range_creates_nothing(pool: Pool, field: str, value: object) -> None:
    """A badRequest names the field, the value and what is allowed; the good job beside it is not created either."""
    name = {"delay_ms": "delay", "max_attempts": "maxAttempts", "timeout_ms": "timeout", "unique_key": "uniqueKey"}
    with pytest.raises(BadRequest) as refused:
        await enqueue(pool, new(), new(**{field: value}))
    assert refused.value.additional_info["field"] == name.get(field, field)
    assert not await pool.fetch("select from headrace.jobs")


async def test_a_unique_key_has_one_live_job(pool: Pool) -> None:
    """A second job with the key of a live one is not created: the caller gets the first one's id."""
    first = await enqueue_one(pool, unique_key="k")
    again, other = await enqueue(pool, new(unique_key="k"), new(unique_key="other"))
    assert again == first
    assert other != first
    assert await enqueue(pool, new(app="elsewhere", unique_key="k")) != [first]


@pytest.mark.parametrize("command", ["finish", "cancel"])
async def test_a_unique_key_is_free_when_its_job_has_ended(pool: Pool, command: str) -> None:
    """The key of a job in the history may be used again."""
    first = await enqueue_one(pool, unique_key="k")
    hand = await Hand.join(pool)
    if command == "finish":
        await hand.finish(await hand.claim_one())
    else:
        await ask(pool, "cancel", first)
    assert await enqueue_one(pool, unique_key="k") != first


@pytest.mark.parametrize("command", ["stop", "retry"])
async def test_a_unique_key_is_held_until_the_end(pool: Pool, command: str) -> None:
    """A stopped job and one that is tried again hold their key."""
    first = await enqueue_one(pool, unique_key="k", max_attempts=2)
    hand = await Hand.join(pool)
    if command == "stop":
        await ask(pool, "stop", first)
    else:
        await hand.retry(await hand.claim_one())
    assert await enqueue_one(pool, unique_key="k") == first


async def test_twice_the_same_key_in_one_call(pool: Pool) -> None:
    """Both places of the answer have the id of the one job."""
    first, second = await enqueue(pool, new(unique_key="k"), new(unique_key="k"))
    assert first == second
    assert len(await pool.fetch("select from headrace.jobs")) == 1


async def test_many_creators_of_one_key_make_one_job(pool: Pool) -> None:
    """Eight at once, over and over while the job ends again and again: never two live jobs, never none."""
    hand = await Hand.join(pool)

    async def end_them() -> None:
        for _ in range(20):
            await hand.finish(*await hand.claim())

    created = [enqueue_one(pool, unique_key="k") for _ in range(80)]
    ids, _ = await asyncio.gather(asyncio.gather(*created), end_them())
    await enqueue_one(pool, unique_key="k")
    found = await pool.fetch("select id, status from headrace.jobs")
    assert {row["id"] for row in found} >= set(ids)
    assert [row["status"] for row in found if row["status"] != "FINISHED"] == ["PENDING"]


async def test_sql_and_python_make_ids_in_one_order(pool: Pool) -> None:
    """The ids of headrace.uuid_v7() and of the process have version 7 and lie between each other in time."""
    first = await enqueue_one(pool)
    conn: asyncpg.Connection = await pool.dedicated()
    try:
        made = UUID(str(await conn.fetchval("select headrace.uuid_v7(clock_timestamp() + interval '1 second')")))
        early = UUID(str(await conn.fetchval("select headrace.uuid_v7(clock_timestamp() - interval '1 second')")))
    finally:
        await conn.close()
    assert early < first < made
    assert (made.version, made.variant) == (7, first.variant)
