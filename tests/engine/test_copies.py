"""Jobs that are made by COPY are those that a statement makes, row by row, and are told of as those are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from engine.db.pool import Pool
from engine.jobs import bulk, copies, liveness, store
from engine.jobs.prepared import prepare
from engine.model import NewJob
from tests.engine.ears import Ears
from tests.engine.hands import APP, Hand, new
from tests.engine.test_job_events import LISTENER

MANY = copies.FEWEST
KINDS: tuple[dict[str, Any], ...] = (
    {},
    {"low_priority": True, "label": "Übung 🙂", "spec": {"text": 'ä"\\\n🙂', "n": [1, None, 2.5]}},
    {"queue": "mail", "max_attempts": 1000, "timeout_ms": 86_400_000, "app_version": 7, "run_by": "Zoë"},
    {"app": "shop", "concurrency_limit": 10_000},
    {"delay_ms": 3_600_000},
)
# What two jobs of one kind have of their own.
OWN = {"id", "root_id", "job_id", "created_at", "ready_at", "rank"}
TABLES = {"jobs": "id", "job_params": "job_id", "job_ready": "job_id", "job_later": "job_id"}


def kinds(count: int) -> list[NewJob]:
    """Jobs of each kind in turn."""
    return [new(**KINDS[n % len(KINDS)]) for n in range(count)]


async def rows(pool: Pool, table: str, ids: list[UUID]) -> list[dict[str, Any]]:
    """What the table holds of these jobs, in their order."""
    key = TABLES[table]
    found = await pool.fetch(f"select * from headrace.{table} where {key} = any ($1) order by {key}", ids)
    return [dict(row) for row in found]


async def test_the_rows_are_those_of_a_statement(pool: Pool) -> None:
    """Every column of every kind, in each table; ids, times and ranks rise and are those of the making."""
    async with pool.acquire() as conn:
        copied = await store.create(conn, kinds(MANY))
        stated = await store.create(conn, kinds(MANY - 1))
        now = await conn.fetchval("select clock_timestamp()")
    for table in TABLES:
        these, those = await rows(pool, table, copied), await rows(pool, table, stated)
        assert len(these) == {"job_ready": MANY * 4 // 5, "job_later": MANY // 5}.get(table, MANY)
        for one, other in zip(these, those, strict=False):
            assert {k: v for k, v in one.items() if k not in OWN} == {k: v for k, v in other.items() if k not in OWN}
    jobs = await rows(pool, "jobs", copied)
    assert [job["root_id"] for job in jobs] == copied
    for n, job in enumerate(jobs):
        delay = (job["ready_at"] - job["created_at"]).total_seconds() - KINDS[n % len(KINDS)].get("delay_ms", 0) / 1000
        assert 0 <= delay < 600
    assert {row["job_id"]: row["ready_at"] for row in await rows(pool, "job_later", copied)} == {
        job["id"]: job["ready_at"] for job in jobs[4::5]
    }
    ranks = [entry["rank"] for entry in await rows(pool, "job_ready", copied)]
    assert ranks == sorted(set(ranks))
    assert ranks[-1] <= now


async def test_jobs_of_every_sort_in_one_call(pool: Pool) -> None:
    """What cannot be copied is made by statements, in its place; a key that is held gives its holder's id."""

    def source() -> Iterator[NewJob]:
        for n in range(3 * bulk.CHUNK):
            odd = {bulk.CHUNK: {"unique_key": "k"}, bulk.CHUNK + 1: {"unique_key": "k"}}
            yield new(**odd.get(n, {}))

    async with pool.acquire() as conn:
        ids = await bulk.create_all(conn, source())
    assert len(ids) == 3 * bulk.CHUNK
    assert ids[bulk.CHUNK] == ids[bulk.CHUNK + 1]
    assert len(set(ids)) == len(ids) - 1
    entries = await rows(pool, "job_ready", ids)
    assert [entry["job_id"] for entry in entries] == sorted(set(ids))


async def test_more_than_one_copy_takes(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call of more chunks than a COPY has makes its jobs by several."""
    monkeypatch.setattr(bulk, "CHUNKS", 2)
    async with pool.acquire() as conn:
        ids = await bulk.create_all(conn, kinds(3 * bulk.CHUNK + 1))
    assert ids == sorted(set(ids))
    assert len(await rows(pool, "jobs", ids)) == len(await rows(pool, "job_params", ids)) == 3 * bulk.CHUNK + 1


async def test_listeners_hear_of_each(pool: Pool, tmp_path: Path) -> None:
    """Of all jobs of their app, and of none of another."""
    ears = Ears.of(pool, tmp_path)
    await ears.listen(LISTENER.format(name="l", keys='job_event = "created"'))
    async with pool.transaction() as conn:
        ids = await store.create(conn, kinds(MANY))
    told = [row["body"]["id"] for row in await ears.told()]
    assert told == [str(id) for n, id in enumerate(ids) if KINDS[n % len(KINDS)].get("app", APP) == APP]


@pytest.mark.parametrize(
    ("queues", "delay", "lanes"),
    [(2, 0, {f"{APP} q0", f"{APP} q1"}), (17, 0, {""}), (2, 3_600_000, {""})],
    ids=["few lanes", "many lanes", "later"],
)
async def test_hungry_workers_are_woken(pool: Pool, queues: int, delay: int, lanes: set[str]) -> None:
    """Of each lane, or of something where there are many or it is for later; nobody without being asked."""
    heard: asyncio.Queue[str] = asyncio.Queue()
    ear = await pool.dedicated()
    try:
        await ear.add_listener("headrace_jobs", lambda *message: heard.put_nowait(str(message[-1])))
        hand = await Hand.join(pool)
        async with pool.acquire() as conn:
            await liveness.tell_hungry(conn, hand.id, True)
            jobs = [new(queue=f"q{n % queues}", delay_ms=delay) for n in range(MANY)]
            await store.create(conn, jobs, wake=False)
            await store.create(conn, jobs)
        assert {await asyncio.wait_for(heard.get(), 60) for _ in lanes} == lanes
        await ear.execute("select 1")
        assert heard.empty()
    finally:
        await ear.close()


@pytest.mark.parametrize(
    "option",
    [{"urgent": True}, {"unique_key": "k"}, {"concurrency_key": "k"}, {"parent_id": UUID(int=1)}],
    ids=str,
)
def test_what_needs_more_than_its_rows_is_not_copied(option: dict[str, Any]) -> None:
    """One such job among plain ones is enough."""
    assert copies.fits(prepare([new(), new()]))
    assert not copies.fits(prepare([new(), new(**option)]))
