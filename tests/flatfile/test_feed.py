"""The feed of events, and the polls that read it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine import app
from engine.db.pool import Pool
from engine.executors.handler import HandlerJob
from engine.flatfile import feed
from engine.jobs import store
from engine.jobs.requests import Requester, call_handler
from engine.model import Status
from engine.settings import Settings
from tests.flatfile.test_samples import begin
from tests.patience import patience
from tests.web.conftest import Api, Caller

OLD = (
    "insert into headrace.flatfile_events (app, at, topic, job_id, attempt, context, payload) "
    "select 'crm', now() - make_interval(days => n), 'job:created', gen_random_uuid(), 0, '{}', '{}' "
    "from generate_series(0, 9) n"
)


async def listen(ann: Caller, *jobs: str, slots: int = 1) -> tuple[str, int]:
    """The id of a new listener with these handlers, and the cursor before everything that happened so far."""
    made = await ann("POST", "/v1/listeners", 201, json={"jobs": list(jobs), "slots": slots})
    return made["data"]["id"], 0


async def poll(ann: Caller, listener: str, **wants: Any) -> dict[str, Any]:
    """What a poll brings."""
    news: dict[str, Any] = (await ann("POST", f"/v1/listeners/{listener}/poll", json={"after": 0, **wants}))["data"]
    return news


def told(news: dict[str, Any]) -> list[tuple[str, str]]:
    """Topic and jobId of the events."""
    return [(event["topic"], event["context"]["jobId"]) for event in news["events"]]


async def test_a_job_goes_to_one_listener(ann: Caller) -> None:
    """Of two that have its handler one gets job:ready; one without the handler hears of it and does not get it."""
    job_id = await begin(ann, "space", "configure", "s")
    one, two, watcher = [(await listen(ann, *jobs))[0] for jobs in (["space:configure"], ["space:configure"], [])]
    first = await poll(ann, one, free=1)
    assert told(first)[:2] == [("job:created", job_id), ("job:ready", f"{job_id}.1")]
    assert "job:ready" not in [topic for topic, _ in told(await poll(ann, two, free=1))]
    assert ("job:ready", job_id) in told(await poll(ann, watcher, free=1))


async def test_what_an_answer_lost_is_told_again(ann: Caller) -> None:
    """A poll whose answer never came claimed a job: the next one, which does not know of it, brings it again."""
    job_id = await begin(ann, "space", "configure", "s")
    listener, _ = await listen(ann, "space:configure")
    ref = f"{job_id}.1"
    cursor = (await poll(ann, listener, free=1))["cursor"]
    assert told(await poll(ann, listener, after=cursor, free=1)) == [("job:ready", ref)]
    known = await poll(ann, listener, after=cursor + 9, held=[ref])
    assert (known["events"], known["released"]) == ([], [])
    await ann("POST", f"/v1/jobs/{ref}/complete", json={})
    assert (await poll(ann, listener, after=cursor, held=[ref]))["released"] == [ref]


async def test_a_cancel_takes_the_job_from_its_listener(ann: Caller) -> None:
    """Canceled by the console's door, the job is over at the next poll; its handler's answers are refused."""
    job_id = await begin(ann, "space", "configure", "s")
    listener, _ = await listen(ann, "space:configure")
    await poll(ann, listener, free=1)
    assert (await ann("POST", f"/apps/crm/jobs/{job_id}/cancel"))["status"] == "CANCELING"
    news = await poll(ann, listener, held=[f"{job_id}.1"])
    assert news["released"] == [f"{job_id}.1"]
    assert (await ann("GET", f"/v1/jobs/{job_id}"))["data"]["status"] == "canceled"
    assert (await ann("POST", f"/v1/jobs/{job_id}.1/complete", 409, json={}))["code"] == "optimisticLocking"


async def test_a_stopped_job_goes_on_when_it_is_resumed(ann: Caller) -> None:
    """Stopped in its handler's hands it is `waiting`; resumed it is ready for another attempt."""
    job_id = await begin(ann, "space", "configure", "s")
    listener, _ = await listen(ann, "space:configure")
    await poll(ann, listener, free=1)
    await ann("POST", f"/apps/crm/jobs/{job_id}/stop")
    await poll(ann, listener, held=[f"{job_id}.1"])
    assert (await ann("GET", f"/v1/jobs/{job_id}"))["data"]["status"] == "waiting"
    await ann("POST", f"/apps/crm/jobs/{job_id}/resume")
    assert ("job:ready", f"{job_id}.2") in told(await poll(ann, listener, free=1))


async def test_a_job_has_its_own_time(api: Api, ann: Caller) -> None:
    """A handler far away that takes longer than the job may loses it, and the job ends with a timeout."""
    async with api.pool.transaction() as conn:
        new = call_handler(Requester("crm", "ann"), "space:configure", {}, {"timeout": 1})
        (job_id,) = await store.create(conn, [new])
    listener, _ = await listen(ann, "space:configure")
    async with asyncio.timeout(60):
        while f"{job_id}.1" not in (await poll(ann, listener, free=1, held=[f"{job_id}.1"]))["released"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        while (job := (await ann("GET", f"/v1/jobs/{job_id}"))["data"])["status"] != "failed":
            await poll(ann, listener)
    assert job["outcome"] == {"message": "the handler did not end within 1 ms"}
    assert (await ann("POST", f"/v1/jobs/{job_id}.1/complete", 409, json={}))["code"] == "optimisticLocking"


async def test_a_job_s_time_is_over_although_nobody_reads(api: Api, ann: Caller) -> None:
    """Acknowledged by its bare id, by somebody who then says nothing: a worker's chore ends it, and only that."""
    async with api.pool.transaction() as conn:
        late, patient = [
            call_handler(Requester("crm", "ann"), "space:configure", {}, more) for more in ({"timeout": 1}, {})
        ]
        ids = await store.create(conn, [late, patient])
    for job_id in ids:
        await ann("POST", f"/v1/jobs/{job_id}/ack", json={})
    async with asyncio.timeout(60), api.pool.acquire() as conn:
        while (await store.get(conn, "crm", ids[0])).status is not Status.FINISHED:
            await feed.settle(api.pool)
        assert (await store.results(conn, "crm", ids[0]) or {})["error"]["code"] == "timeout"
        assert (await store.get(conn, "crm", ids[1])).status is Status.RUNNING
        await ann("POST", f"/apps/crm/jobs/{ids[1]}/cancel")
        await feed.settle(api.pool)
        assert (await store.get(conn, "crm", ids[1])).status is Status.CANCELED


async def test_who_leaves_gives_its_jobs_back(ann: Caller) -> None:
    """After DELETE another listener gets the job at once, and the one that left is unknown."""
    job_id = await begin(ann, "space", "configure", "s")
    one, two = [(await listen(ann, "space:configure"))[0] for _ in range(2)]
    await poll(ann, one, free=1)
    await ann("DELETE", f"/v1/listeners/{one}", 204)
    assert ("job:ready", f"{job_id}.2") in told(await poll(ann, two, free=1))
    assert "register again" in (await ann("POST", f"/v1/listeners/{one}/poll", 404, json={"after": 0}))["message"]


async def test_nobody_answers_for_another_by_a_bare_id(ann: Caller) -> None:
    """A listener has the job: only the jobId of its event answers; a bare id may look, cancel and change metadata."""
    job_id = await begin(ann, "space", "configure", "s")
    listener, _ = await listen(ann, "space:configure")
    await poll(ann, listener, free=1)
    for answer in ("ack", "complete", "fail"):
        refused = await ann("POST", f"/v1/jobs/{job_id}/{answer}", 409, json={})
        assert f"a listener has it, as {job_id}.1" in refused["message"]
    changed = await ann("PATCH", f"/v1/jobs/{job_id}", json={"metadata": {"seen": True}})
    assert (changed["data"]["metadata"], changed["data"]["status"]) == ({"seen": True}, "executing")
    assert (await ann("POST", f"/v1/jobs/{job_id}/cancel", json={}))["data"]["status"] == "canceled"


async def test_a_worker_s_jobs_are_told_too(api: Api, ann: Caller, dsn: str) -> None:
    """A Python handler in a worker does the job: the feed has all its events, in order, and its outcome."""

    async def configure(job: HandlerJob) -> Any:
        return {"outcome": {"message": f"configured {job.params['space']}"}}

    config = {"type": "space", "operation": "configure", "source": "s", "trigger": "immediate", "input": {"space": "a"}}
    job_id = (await ann("POST", "/v1/jobs", json=config))["data"]["id"]
    settings = Settings(database_url=dsn, slots=1, poll_ms=50)
    async with app.open_worker(settings, api.pool, handlers={"space:configure": configure}) as worker:
        running = asyncio.create_task(worker.run())
        async with patience("the job to be complete"):
            while (job := (await ann("GET", f"/v1/jobs/{job_id}"))["data"])["status"] != "complete":  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        worker.stop()
        await running
    assert job["outcome"] == {"message": "configured a"}
    await ann("POST", f"/v1/jobs/{job_id}/outcome/ack")
    events = (await ann("GET", "/v1/events", params={"pageSize": 100}))["data"][::-1]
    topics = [event["topic"] for event in events if event["context"]["jobId"] == job_id]
    assert topics == ["job:created", "job:ready", "job:updated", "job:completed", "job:outcome-acknowledged"]


@pytest.mark.parametrize("days", [0, 30])
async def test_old_events_go(pool: Pool, days: int) -> None:
    """After a week, whatever the retention of jobs is."""
    await pool.execute(OLD)
    async with pool.transaction() as conn:
        assert not await feed.sweep(conn, days=days)
        assert len(await feed.read(conn, "crm", 0)) == 7


async def test_a_split_job_is_told_when_its_parts_are_over(ann: Caller) -> None:
    """Its listener lets go of it, does the parts one after the other, and completes it by its own jobId."""
    job_id = await begin(ann, "space", "configure", "s")
    listener, _ = await listen(ann, "space:configure")
    cursor = (await poll(ann, listener, free=1))["cursor"]
    parts = {"parts": [{"from": 0}, {"from": 5}]}
    assert (await ann("POST", f"/v1/jobs/{job_id}.1/split", json=parts))["data"]["status"] == "waiting"
    for number in (1, 2):
        news = await poll(ann, listener, after=cursor, free=1)
        cursor = news["cursor"]
        (part,) = [event for event in news["events"] if event["topic"] == "job:ready"]
        assert (part["payload"]["isPart"], part["payload"]["part"]) == (True, number)
        await ann("POST", f"/v1/jobs/{part['context']['jobId']}/complete", json={})
    news = await poll(ann, listener, after=cursor, free=1)
    assert told(news)[-1] == ("job:parts-completed", job_id)
    assert (await ann("POST", f"/v1/jobs/{job_id}.1/complete", json={}))["data"]["status"] == "complete"


async def test_parts_of_a_job_that_is_over_tell_it_nothing(ann: Caller) -> None:
    """Split before anybody had it, and completed before its part: nothing of it is told after its end."""
    job_id = await begin(ann, "space", "configure", "s")
    await ann("POST", f"/v1/jobs/{job_id}/split", json={"parts": 1})
    (part,) = (await ann("GET", "/v1/jobs", params={"parentId": job_id}))["data"]
    await ann("POST", f"/v1/jobs/{job_id}/complete")
    await ann("POST", f"/v1/jobs/{part['id']}/complete")
    events = (await ann("GET", "/v1/events", params={"pageSize": 100}))["data"]
    last = next(event for event in events if event["context"]["jobId"] == job_id)
    assert last["topic"] == "job:completed"


async def test_many_listeners_share_jobs(ann: Caller) -> None:
    """Polls and answers at once, from several: every job is begun once, ends once, and the feed has its five events."""
    listeners = [(await listen(ann, "space:configure", slots=3))[0] for _ in range(4)]
    jobs = [await begin(ann, "space", "configure", str(n)) for n in range(24)]
    begun: list[str] = []

    async def work(listener: str) -> None:
        while len(begun) < len(jobs):
            starts = [ref for topic, ref in told(await poll(ann, listener, free=3)) if topic == "job:ready"]
            begun.extend(starts)
            await asyncio.gather(*[ann("POST", f"/v1/jobs/{ref}/ack", json={"progress": 1}) for ref in starts])
            await asyncio.gather(*[ann("POST", f"/v1/jobs/{ref}/complete", json={}) for ref in starts])

    await asyncio.wait_for(asyncio.gather(*[work(listener) for listener in listeners]), 120)
    assert sorted(begun) == sorted(f"{job_id}.1" for job_id in jobs)
    events = (await ann("GET", "/v1/events", params={"pageSize": 1000}))["data"]
    ended = [event["context"]["jobId"] for event in events if event["topic"] == "job:completed"]
    assert sorted(ended) == sorted(jobs)
