"""Jobs that wait for others to be complete: predecessorIds."""

from __future__ import annotations

import asyncio
from typing import Any

from engine.db.pool import Pool
from engine.flatfile import followers
from tests.engine.hands import Hand
from tests.web.conftest import Api, Caller

CONFIG = {"type": "space", "operation": "configure", "source": "s", "trigger": "immediate"}


async def create(ann: Caller, *predecessors: str, **more: Any) -> str:
    """The id of a new job that waits for these."""
    config = {**CONFIG, **({"predecessorIds": list(predecessors)} if predecessors else {}), **more}
    return str((await ann("POST", "/v1/jobs", json=config))["data"]["id"])


async def job(ann: Caller, job_id: str) -> dict[str, Any]:
    """The job as the vendor's client sees it."""
    found: dict[str, Any] = (await ann("GET", f"/v1/jobs/{job_id}"))["data"]
    return found


async def statuses(ann: Caller, *ids: str) -> list[str]:
    """What the jobs are."""
    return [(await job(ann, each))["status"] for each in ids]


async def topics(ann: Caller, job_id: str) -> list[str]:
    """The job's events, in their order."""
    events = (await ann("GET", "/v1/events", params={"pageSize": 100}))["data"][::-1]
    return [event["topic"] for event in events if event["context"]["jobId"] == job_id]


async def test_a_job_is_ready_when_all_before_it_are_complete(ann: Caller) -> None:
    """Not by the first of two, and by the second at once; one that is complete already does not hold it up."""
    first, second = await create(ann), await create(ann)
    last = await create(ann, first, second, first)
    assert (await job(ann, last))["predecessorIds"] == [first, second, first]
    for before, status in ((first, "waiting"), (second, "ready")):
        assert await statuses(ann, last) == ["waiting"]
        await ann("POST", f"/v1/jobs/{before}/complete")
        assert await statuses(ann, last) == [status]
    assert await topics(ann, last) == ["job:created", "job:updated", "job:ready"]
    assert await statuses(ann, await create(ann, first, second)) == ["ready"]


async def test_a_manual_job_waits_for_both(ann: Caller) -> None:
    """Without the trigger `immediate` it is created when its predecessors are complete, and then can be executed."""
    first = await create(ann)
    last = await create(ann, first, trigger="manual")
    await ann("POST", f"/v1/jobs/{last}/execute", 400)
    await ann("POST", f"/v1/jobs/{first}/complete")
    assert await statuses(ann, last) == ["created"]
    await ann("POST", f"/v1/jobs/{last}/execute")
    assert await statuses(ann, last) == ["ready"]


async def test_what_is_lost_cancels_all_behind_it(ann: Caller) -> None:
    """A failed, canceled or deleted job cancels those behind it, and those behind these; each says why."""
    for end, became in (("fail", "failed"), ("cancel", "was canceled"), ("delete", "was canceled")):
        first, other = await create(ann), await create(ann)
        second = await create(ann, first, other)
        third = await create(ann, second)
        await (ann("DELETE", f"/v1/jobs/{first}") if end == "delete" else ann("POST", f"/v1/jobs/{first}/{end}"))
        assert await statuses(ann, second, third, other) == ["canceled", "canceled", "ready"]
        assert (await job(ann, second))["info"] == f"its predecessor {first} {became}"
        assert (await job(ann, third))["info"] == f"its predecessor {second} was canceled"
        assert await topics(ann, third) == ["job:created", "job:updated", "job:canceled"]
    late = await create(ann, second)
    assert (await job(ann, late))["status"] == "canceled"
    retried = (await ann("POST", f"/v1/jobs/{third}/retry"))["data"]
    assert (retried["status"], "predecessorIds" in retried) == ("ready", False)


async def test_a_long_chain_is_canceled_as_a_whole(ann: Caller) -> None:
    """Twenty jobs, each behind the one before."""
    chain = [await create(ann)]
    for _ in range(20):
        chain.append(await create(ann, chain[-1]))
    await ann("POST", f"/v1/jobs/{chain[0]}/cancel")
    assert set(await statuses(ann, *chain)) == {"canceled"}


async def test_nobody_goes_around_the_wait(ann: Caller, pool: Pool) -> None:
    """No ack, split, status, stop and resume makes a job run whose predecessor does; no worker gets it."""
    first = await create(ann)
    last = await create(ann, first)
    path = f"/v1/jobs/{last}"
    for method, way, status, body in (
        ("POST", f"{path}/ack", 409, {}),
        ("POST", f"{path}/complete", 409, {}),
        ("POST", f"{path}/split", 400, {"parts": 2}),
        ("PATCH", path, 400, {"status": "created"}),
        ("PATCH", path, 400, {"status": "ready"}),
        ("PATCH", path, 409, {"status": "executing"}),
    ):
        refused = await ann(method, way, status, json=body)
        assert refused["code"] in ("badRequest", "optimisticLocking")
    await ann("POST", f"/apps/crm/jobs/{last}/stop")
    await ann("POST", f"/apps/crm/jobs/{last}/resume")
    hand = await Hand.join(pool)
    assert [str(claim.id) for claim in await hand.claim(5)] == [first]
    assert await statuses(ann, last) == ["waiting"]


async def test_a_stopped_job_does_not_begin_by_itself(ann: Caller) -> None:
    """Stopped while it waits, complete its predecessor, and resumed: only then it is ready."""
    first = await create(ann)
    last = await create(ann, first)
    await ann("POST", f"/apps/crm/jobs/{last}/stop")
    await ann("POST", f"/v1/jobs/{first}/complete")
    assert (await ann("GET", f"/apps/crm/jobs/{last}"))["status"] == "STOPPED"
    await ann("POST", f"/apps/crm/jobs/{last}/resume")
    assert await statuses(ann, last) == ["ready"]


async def test_ends_that_nobody_tells(ann: Caller, api: Api, pool: Pool) -> None:
    """Done by a worker, and with no reader of the feed: the workers' housekeeping lets the next job go on."""
    chain = [await create(ann)]
    chain += [await create(ann, chain[0]), await create(ann, chain[0])]
    hand = await Hand.join(pool)
    await hand.finish(await hand.claim_one())
    await ann("DELETE", f"/v1/jobs/{chain[0]}")
    await followers.settle(api.pool)
    assert await statuses(ann, *chain[1:]) == ["ready", "ready"]
    await hand.finish(await hand.claim_one(), failed=True, error={"code": "x", "message": "x"})
    last = await create(ann, chain[1])
    assert (await job(ann, last))["status"] == "canceled"
    assert await pool.fetch("select from headrace.flatfile_followers") == []


async def test_two_ends_at_once(ann: Caller) -> None:
    """Whichever of two predecessors is the last to end, the job is ready; not once is it overlooked."""
    for _ in range(4):
        before = [await create(ann) for _ in range(3)]
        last = await create(ann, *before)
        await asyncio.gather(*[ann("POST", f"/v1/jobs/{each}/complete") for each in before])
        assert await statuses(ann, last) == ["ready"]


async def test_predecessors_that_cannot_be(ann: Caller, api: Api) -> None:
    """What is no job of a handler in the app is refused, and no job is made."""
    bob = await api.as_("read", "run", app="other")
    others = str((await bob("POST", "/v1/jobs", json=CONFIG))["data"]["id"])
    for wrong in (others, str(await api.job())):
        refused = await ann("POST", "/v1/jobs", 400, json={**CONFIG, "predecessorIds": [wrong]})
        assert refused["additionalInfo"]["field"] == "predecessorIds"
    assert (await ann("GET", "/v1/jobs"))["data"] == []
