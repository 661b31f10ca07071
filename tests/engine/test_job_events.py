"""What listeners hear of jobs that are not over: created, started, progress, stopped and resumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from engine.db.pool import Pool
from engine.db.sql import load
from engine.events.model import DEEPEST
from engine.jobs import requests, store
from tests.engine.ears import Ears
from tests.engine.hands import ANN, APP, Hand, ask, enqueue_one, new

LISTENER = '[listeners.{name}]\non = "job"\nscript = "listeners/l.js"\n{keys}\n'
CHANGES = ("created", "started", "progress", "stopped", "resumed")
EACH = "".join(LISTENER.format(name=name, keys=f'job_event = "{name}"') for name in CHANGES)
ENQUEUER = """
create role test_enqueuer;
select headrace.allow_enqueue('test_enqueuer');
set local role test_enqueuer;
"""
ENDS = LISTENER.format(name="ends", keys="")


@pytest.fixture
async def ears(pool: Pool, tmp_path: Path) -> Ears:
    """An app with a listener for each change of a job, and one for its end."""
    ears = Ears.of(pool, tmp_path)
    await ears.listen(EACH + ENDS)
    return ears


async def changes(ears: Ears, job_id: UUID) -> list[str]:
    """What was told of the job, in its order."""
    return [row["body"]["event"] for row in await ears.told() if row["body"]["id"] == str(job_id)]


async def progress(ears: Ears, job_id: UUID, **values: Any) -> None:
    """The running job says how far it is."""
    async with ears.pool.transaction() as conn:
        await store.set_progress(conn, job_id, **values)


async def test_a_life_is_told_in_its_order(ears: Ears) -> None:
    """Each change once, in the name of who ran the job; a retry and a second claim begin nothing anew."""
    hand = await Hand.join(ears.pool)
    async with ears.pool.transaction() as conn:
        (job,) = await store.create(conn, [requests.call_handler(ANN, "work", {}, {})])
    await hand.retry(await hand.claim_one())
    await ask(ears.pool, "stop", job)
    await ask(ears.pool, "resume", job)
    claim = await hand.claim_one()
    await ask(ears.pool, "stop", job)
    assert await changes(ears, job) == ["created", "started", "stopped", "resumed"]
    await hand.stopped(claim)
    await ask(ears.pool, "resume", job)
    await hand.finish(await hand.claim_one())
    told = await ears.told()
    assert [row["body"]["event"] for row in told] == [*CHANGES[:2], *("stopped", "resumed") * 2, "finished"]
    assert {row["run_by"] for row in told} == {"ann"}
    first = (await ears.deliver())[0]["spec"]["event"]
    common = {"type": "job", "jobId": str(job), "jobType": "HANDLER", "jobName": "work", "hasErrors": False}
    assert first == {**common, "jobEvent": "created"}


async def test_progress_is_told_when_it_changes(ears: Ears) -> None:
    """A new percentage or message; the same again, and a checkpoint that only the engine reads, are none."""
    hand = await Hand.join(ears.pool)
    job = await enqueue_one(ears.pool)
    await hand.claim_one()
    said: list[dict[str, Any]] = [{"percent": 0}, {"percent": 10}, {"percent": 10, "checkpoint": {"n": 1}}]
    for values in [*said, {"message": "half"}, {"message": "half"}, {"percent": 50}]:
        await progress(ears, job, **values)
    told = [row["body"] for row in await ears.told() if row["listener"] == "progress"]
    assert [body["progress"] for body in told] == [10, 10, 50]
    (heard,) = [one["spec"]["event"] for one in await ears.deliver() if one["name"] == "progress"]
    assert (heard["jobEvent"], heard["progress"]) == ("progress", 10)


async def test_one_that_comes_alone_is_told_to_its_own_app(ears: Ears) -> None:
    """By either way; a job of an app without listeners is told to nobody."""
    job = await enqueue_one(ears.pool)
    await enqueue_one(ears.pool, app="else")
    (row,) = await ears.pool.fetch("select headrace.enqueue('crm', 'work') as id, headrace.enqueue('else', 'work')")
    assert [UUID(told["body"]["id"]) for told in await ears.told()] == [job, row["id"]]


async def test_who_begins_to_listen_hears_of_the_next_job(pool: Pool, tmp_path: Path) -> None:
    """Listeners to other things hear of no new job; one to new jobs hears of the next one, until it leaves."""
    ears = Ears.of(pool, tmp_path)
    await ears.listen(ENDS)
    await enqueue_one(pool)
    assert await ears.told() == []
    await ears.listen(EACH)
    job = await enqueue_one(pool)
    assert await changes(ears, job) == ["created"]
    await ears.listen(ENDS)
    assert await changes(ears, await enqueue_one(pool)) == []


@pytest.mark.parametrize("way", ["force", "its worker dies", "it waits"])
async def test_every_way_to_stop_is_told(ears: Ears, way: str) -> None:
    """Once: a stop by force, of a job whose worker dies while it stops, and of one that only waits."""
    hand = await Hand.join(ears.pool)
    job = await enqueue_one(ears.pool)
    claim = await hand.claim_one()
    if way == "it waits":
        await hand.park(claim)
    await ask(ears.pool, "force" if way == "force" else "stop", job)
    if way == "its worker dies":
        await hand.die()
    assert await changes(ears, job) == ["created", "started", "stopped"]


async def test_jobs_from_sql_and_many_at_once_are_told(ears: Ears) -> None:
    """Each job of one statement, and one of `headrace.enqueue`; what is rolled back was never created."""
    (row,) = await ears.pool.fetch("select headrace.enqueue('crm', 'work') as id")
    async with ears.pool.transaction() as conn:
        ids = await store.create(conn, [new() for _ in range(20)] + [new(app="else")])
    with pytest.raises(ZeroDivisionError):
        async with ears.pool.transaction() as conn:
            await store.create(conn, [new()])
            raise ZeroDivisionError
    assert [UUID(told["body"]["id"]) for told in await ears.told()] == [row["id"], *ids[:-1]]


async def test_who_may_enqueue_need_not_see_who_listens(ears: Ears) -> None:
    """A role with the rights that docs/enqueue.md asks for: its job is told, though it can read no events."""
    async with ears.pool.acquire() as conn:
        undo = conn.transaction()
        await undo.start()
        try:
            await conn.execute(ENQUEUER)
            job = await conn.fetchval("select headrace.enqueue('crm', 'work')")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with conn.transaction():
                    await conn.fetch("select from headrace.events")
            await conn.execute("reset role")
            assert await conn.fetchval("select body ->> 'id' from headrace.events") == str(job)
        finally:
            await undo.rollback()


async def test_listeners_of_any_job_do_not_hear_listeners(ears: Ears) -> None:
    """They would hear their own jobs without end; one that names the type hears them, one deeper each, to the limit."""
    job = await enqueue_one(ears.pool)
    (heard,) = await ears.deliver()
    assert (heard["name"], await ears.told()) == ("created", [])
    keys = 'job_event = "created"\njob_type = "EXECUTE_LISTENER"'
    await ears.listen(LISTENER.format(name="loop", keys=keys) + EACH)
    assert job != await enqueue_one(ears.pool)
    for _ in range(DEEPEST + 1):
        jobs = await ears.deliver()
    assert [one["spec"]["eventDepth"] for one in jobs if one["name"] == "loop"] == [*range(2, DEEPEST + 2)]
    assert await ears.told() == []


async def test_a_job_taken_by_its_id_is_told(ears: Ears) -> None:
    """Flatfile's doors claim so: it has started, once, also when it goes on after a wait for its parts."""
    hand = await Hand.join(ears.pool)
    job = await enqueue_one(ears.pool)
    (taken,) = await ears.pool.fetch(load("flatfile_take"), job, APP, hand.id, False)
    await ears.pool.fetch(load("flatfile_park"), job, taken["attempt"])
    (again,) = await ears.pool.fetch(load("flatfile_take"), job, APP, hand.id, True)
    assert (taken["attempt"], again["attempt"]) == (1, 1)
    assert await changes(ears, job) == ["created", "started"]
