"""Events by hand: who is told of what, in which transaction, and in which order jobs come of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from engine.apps.store import AppCache
from engine.data import bulk, records
from engine.data.cause import Cause
from engine.data.records import Record
from engine.db.pool import Pool
from engine.errors import BadRequest, NotFound, OptimisticLocking
from engine.events import custom
from engine.events.deliverer import Deliverer
from engine.events.model import DEEPEST
from engine.metrics import Metrics
from engine.model import JobType
from tests.engine.ears import Ears
from tests.engine.hands import APP, Hand, ask, enqueue_one

EVERY_CHANGE = '[listeners.changed]\non = "data"\nentity = "things"\nscript = "listeners/l.js"\n'
ENDS = """
[listeners.ended]
on = "job"
job_type = "HANDLER"
script = "listeners/l.js"
[listeners.broken]
on = "job"
job_name = "work"
job_event = "failed"
script = "listeners/l.js"
[listeners.stopped]
on = "job"
job_event = "canceled"
script = "listeners/l.js"
[listeners.imports]
on = "job"
job_type = "IMPORT_RECORDS"
script = "listeners/l.js"
"""
PINGED = (
    '[listeners.pinged]\non = "custom"\nevent = "ping"\nqueue = "pings"\nmax_attempts = 3\nscript = "listeners/l.js"\n'
)


@pytest.fixture
def ears(pool: Pool, tmp_path: Path) -> Ears:
    """Nobody listens yet."""
    return Ears.of(pool, tmp_path)


def test_the_depth_of_the_schema_is_that_of_the_code() -> None:
    """The limit stands in SQL, where events are written, and in Python, where it is told."""
    text = (Path(__file__).parents[2] / "sql" / "migrations" / "0052_events.sql").read_text()
    assert f"select {DEEPEST} $$" in text


async def test_an_app_without_listeners_writes_no_events(ears: Ears) -> None:
    """Records, jobs and custom events of an app that hears none of them leave nothing behind."""
    entity = await ears.listen(PINGED)
    thing = await ears.save(entity, "a")
    await ears.save(entity, "b", thing)
    await ears.remove(entity, thing)
    hand = await Hand.join(ears.pool)
    await enqueue_one(ears.pool)
    await hand.finish(await hand.claim_one())
    async with ears.pool.transaction() as conn:
        assert await custom.trigger(conn, APP, "pong", None, Cause()) == 0
        assert await custom.trigger(conn, "other", "ping", None, Cause()) == 0
    assert await ears.told() == []


async def test_changes_are_told_with_before_and_after(ears: Ears) -> None:
    """Created, updated and deleted, in this order, to the entity's listeners alone; a write that failed is not."""
    entity = await ears.listen(EVERY_CHANGE + PINGED)
    thing = await ears.save(entity, "a", cause=Cause(run_by="ann"))
    later = await ears.save(entity, "b", thing)
    with pytest.raises(OptimisticLocking):
        await ears.save(entity, "c", thing)
    await ears.remove(entity, later)
    with pytest.raises(NotFound):
        await ears.remove(entity, later)
    told = await ears.told()
    assert [(row["listener"], row["lane"], row["depth"], row["run_by"]) for row in told] == [
        ("changed", f"changed {thing.id}", 1, "ann"),
        ("changed", f"changed {thing.id}", 1, None),
        ("changed", f"changed {thing.id}", 1, None),
    ]
    common = {"type": "data", "entity": "things", "id": str(thing.id)}
    assert [row["body"] for row in told] == [
        {**common, "event": "created", "version": 1, "after": {"name": "a"}},
        {**common, "event": "updated", "version": 2, "before": {"name": "a"}, "after": {"name": "b"}},
        {**common, "event": "deleted", "version": 2, "before": {"name": "b"}},
    ]


async def test_what_is_rolled_back_was_never_told(ears: Ears) -> None:
    """The event is written in the transaction of its cause."""
    entity = await ears.listen(EVERY_CHANGE + PINGED)
    with pytest.raises(ZeroDivisionError):
        async with ears.pool.transaction() as conn:
            await records.save(conn, APP, entity, {"name": "a"})
            assert await custom.trigger(conn, APP, "ping", 1, Cause()) == 1
            raise ZeroDivisionError
    assert await ears.told() == []
    assert await ears.deliver() == []


async def test_only_the_pushed_version_counts(ears: Ears) -> None:
    """A push changes who hears; an event whose listener is gone is dropped, and holds up nothing."""
    entity = await ears.listen(EVERY_CHANGE)
    await ears.save(entity, "a")
    entity = await ears.listen(
        EVERY_CHANGE.replace("changed", "other").replace('"things"', '"things"\nevents = ["deleted"]')
    )
    thing = await ears.save(entity, "b")
    await ears.remove(entity, thing)
    assert [row["listener"] for row in await ears.told()] == ["changed", "other"]
    assert [(job["name"], job["app_version"]) for job in await ears.deliver()] == [("other", 2)]
    assert await ears.told() == []


async def test_writers_of_one_version_tell_one_change(ears: Ears) -> None:
    """Of those that save the same version at once one wins, and its change alone is told."""
    entity = await ears.listen(EVERY_CHANGE)
    thing = await ears.save(entity, "a")
    names = [str(number) for number in range(8)]
    saved = await asyncio.gather(*(ears.save(entity, name, thing) for name in names), return_exceptions=True)
    (won,) = [one for one in saved if isinstance(one, Record)]
    (change,) = (await ears.told())[1:]
    assert (change["body"]["before"], change["body"]["after"]) == ({"name": "a"}, won.data)


async def test_many_records_are_told_in_one_statement(ears: Ears) -> None:
    """Of an import each record that was saved is told, those that were refused are not."""
    entity = await ears.listen(EVERY_CHANGE)
    rows: list[dict[str, Any]] = [{"name": f"t{number}"} for number in range(500)] + [{}]
    async with ears.pool.transaction() as conn:
        saved = await bulk.save_many(conn, APP, entity, rows)
    assert {row["body"]["id"] for row in await ears.told()} == {str(id) for id in saved if isinstance(id, UUID)}
    assert len(await ears.deliver()) == 500
    assert await ears.told() == []


async def test_jobs_of_a_record_follow_one_another(ears: Ears) -> None:
    """The next event is delivered when the job of the one before has ended, however it ends; other records go on."""
    entity = await ears.listen(EVERY_CHANGE)
    one, two = await ears.save(entity, "a"), await ears.save(entity, "x")
    one = await ears.save(entity, "b", one)
    await ears.save(entity, "c", one)
    hand, seen = await Hand.join(ears.pool), []
    for ending in ("finish", "cancel", "finish"):
        jobs = await ears.deliver()
        assert len(await ears.deliver()) == len(jobs)
        (job,) = [job for job in jobs if job["spec"]["event"]["recordId"] == str(one.id)]
        seen.append((job["spec"]["event"]["dataEvent"], job["spec"]["record"]["data"]["name"]))
        if ending == "cancel":
            await ask(ears.pool, "cancel", job["id"])
        else:
            await hand.finish(*await hand.claim(2))
    assert seen == [("created", "a"), ("updated", "b"), ("updated", "c")]
    assert await ears.told() == []
    assert await ears.deliver() == []
    assert two.id != one.id


async def test_a_stopped_listener_keeps_its_place(ears: Ears) -> None:
    """While the job of a record is stopped, the record's next event waits."""
    entity = await ears.listen(EVERY_CHANGE)
    await ears.save(entity, "b", await ears.save(entity, "a"))
    (job,) = await ears.deliver()
    await ask(ears.pool, "stop", job["id"])
    assert len(await ears.deliver()) == 1
    assert len(await ears.told()) == 1


async def test_what_a_job_of_a_listener_sees(ears: Ears) -> None:
    """The script's variables, and the listener's own queue and attempts; the public data is its name (seed 003)."""
    entity = await ears.listen(EVERY_CHANGE + PINGED)
    thing = await ears.save(entity, "a")
    await ears.remove(entity, thing)
    async with ears.pool.transaction() as conn:
        assert await custom.trigger(conn, APP, "ping", {"n": [1, None]}, Cause(run_by="ann")) == 1
    (created, pinged) = await ears.deliver()
    wire = {"id": str(thing.id), "entity": "things", "label": str(thing.id), "version": 1, "data": {"name": "a"}}
    assert created["spec"] == {
        "listenerName": "changed",
        "path": "listeners/l.js",
        "event": {"type": "data", "dataEvent": "created", "entityName": "things", "recordId": str(thing.id)},
        "record": wire,
        "oldRecord": None,
        "eventDepth": 1,
    }
    assert pinged["spec"]["event"] == {"type": "custom", "name": "ping", "data": {"n": [1, None]}}
    assert (pinged["queue"], pinged["max_attempts"], pinged["run_by"]) == ("pings", 3, "ann")
    await ask(ears.pool, "cancel", created["id"])
    deleted = (await ears.deliver())[-1]
    assert (deleted["spec"]["record"], deleted["spec"]["oldRecord"]) == (None, wire)


async def test_ends_of_jobs_are_told(ears: Ears) -> None:
    """By type, by name and by how they ended; each end once to each listener, also of what no worker has run."""
    await ears.listen(ENDS)
    hand, ids = await Hand.join(ears.pool), []
    for failed in (False, True):
        ids.append(await enqueue_one(ears.pool))
        await hand.finish(await hand.claim_one(), failed=failed)
    ids.append(await enqueue_one(ears.pool, name="else"))
    await ask(ears.pool, "cancel", ids[2])
    told = [(row["listener"], row["body"]["event"], ids.index(UUID(row["body"]["id"]))) for row in await ears.told()]
    assert sorted(told) == [
        ("broken", "failed", 1),
        ("ended", "canceled", 2),
        ("ended", "finished", 0),
        ("ended", "finished", 1),
        ("stopped", "canceled", 2),
    ]
    event = next(job["spec"]["event"] for job in await ears.deliver() if job["name"] == "broken")
    assert event == {
        "type": "job",
        "jobEvent": "failed",
        "jobId": str(ids[1]),
        "jobType": "HANDLER",
        "jobName": "work",
        "hasErrors": True,
    }


async def test_depth_grows_along_a_chain(ears: Ears) -> None:
    """An event lies one deeper than the listener's job in whose tree it happens; past the limit nothing is told."""
    await ears.listen(PINGED)
    for depth, told in ((1, 2), (DEEPEST, DEEPEST + 1), (DEEPEST + 1, None)):
        root = await enqueue_one(ears.pool, type=JobType.EXECUTE_LISTENER, spec={"eventDepth": depth})
        child = await enqueue_one(ears.pool, parent_id=root)
        (row,) = await ears.pool.fetch("select root_id from headrace.jobs_live where id = $1", child)
        async with ears.pool.transaction() as conn:
            heard = await custom.trigger(conn, APP, "ping", None, Cause(root_id=row["root_id"]))
        assert heard == (told is not None)
        assert [row["depth"] for row in await ears.told()] == ([] if told is None else [told])
        await ears.pool.execute("delete from headrace.events")


async def test_deliverers_share_the_work(ears: Ears) -> None:
    """Four at once over the same 600 lanes, without a leader: each event is delivered once."""
    entity = await ears.listen(EVERY_CHANGE)
    async with ears.pool.transaction() as conn:
        await bulk.save_many(conn, APP, entity, [{"name": str(number)} for number in range(600)])

    async def work() -> None:
        deliverer = Deliverer(ears.pool, AppCache(), Metrics().events)
        while await ears.told():
            await deliverer.deliver()

    async with asyncio.timeout(60):
        await asyncio.gather(*(work() for _ in range(4)))
    jobs = await ears.deliver()
    assert len(jobs) == len({job["spec"]["event"]["recordId"] for job in jobs}) == 600


async def test_one_that_is_refused_holds_up_no_other(ears: Ears) -> None:
    """An event that cannot become a job stays, and those before and behind it are delivered."""
    entity = await ears.listen(EVERY_CHANGE)
    made = [await ears.save(entity, str(number)) for number in range(3)]
    middle = sorted(str(one.id) for one in made)[1]
    await ears.pool.execute("update headrace.events set body = body - 'version' where body ->> 'id' = $1", middle)
    jobs = await ears.deliver()
    assert {job["spec"]["event"]["recordId"] for job in jobs} == {str(one.id) for one in made} - {middle}
    assert len(await ears.told()) == 1


@pytest.mark.parametrize(("name", "data"), [("", 1), ("a b", 1), (7, 1), ("ping", "\0"), ("ping", float("nan"))])
async def test_bad_events_are_refused(ears: Ears, name: object, data: object) -> None:
    """A name or data that cannot be kept: badRequest, which names the field."""
    await ears.listen(PINGED)
    async with ears.pool.acquire() as conn:
        with pytest.raises(BadRequest, match="name: " if data == 1 else "data: "):
            await custom.trigger(conn, APP, name, data, Cause())
    assert await ears.told() == []
