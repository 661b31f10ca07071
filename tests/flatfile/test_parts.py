"""Parts of a split job that workers do, with nobody who reads the feed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine import app
from engine.db.pool import Pool
from engine.executors.handler import HandlerJob
from engine.flatfile import feed
from engine.settings import Settings
from tests.engine.hands import Hand
from tests.flatfile.test_samples import begin
from tests.web.conftest import Api, Caller

# Asked of the tables, since a request may tell what the test wants to see told.
PARTS = """
select f.phase from headrace.flatfile_jobs f where f.config->>'parentId' = $1 and f.config ? 'part'
order by (f.config->>'part')::integer
"""
CLAIMABLE = """
select from headrace.jobs_live where parent_id = $1::text::uuid
    and (status = 'RUNNING' or status = 'PENDING' and ready_at <= clock_timestamp())
"""
COMPLETED = "select from headrace.flatfile_events where job_id = $1::text::uuid and topic = 'job:parts-completed'"


async def split(ann: Caller, parts: int) -> str:
    """The id of a job with so many parts, one after the other."""
    job_id = await begin(ann, "space", "configure", "s")
    await ann("POST", f"/v1/jobs/{job_id}/split", json={"parts": parts})
    return job_id


async def phases(pool: Pool, job_id: str) -> list[str]:
    """What the parts are, as far as they have not begun."""
    return [row["phase"] for row in await pool.fetch(PARTS, job_id)]


async def completed(pool: Pool, job_id: str) -> int:
    """How often was told that all parts are over."""
    return len(await pool.fetch(COMPLETED, job_id))


async def test_a_worker_does_them_all(api: Api, ann: Caller, dsn: str) -> None:
    """One after the other, never two at once though there are slots; that all are over is told once."""
    claimable: list[int] = []

    async def configure(job: HandlerJob) -> Any:
        claimable.append(len(await api.pool.fetch(CLAIMABLE, job_id)))

    job_id = await split(ann, 3)
    settings = Settings(database_url=dsn, slots=3, poll_ms=50)
    async with app.open_worker(settings, api.pool, handlers={"space:configure": configure}) as worker:
        working = asyncio.create_task(worker.run())
        try:
            async with asyncio.timeout(90):
                while not await completed(api.pool, job_id):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        finally:
            worker.stop()
            await working
    # Itself only: none beside it is, or could be, claimed.
    assert claimable == [1, 1, 1]
    assert await completed(api.pool, job_id) == 1


async def test_an_end_that_two_see_counts_once(api: Api, ann: Caller, pool: Pool) -> None:
    """Looked at by workers and readers at once, it lets one part go on, and the last of them is told once."""
    job_id = await split(ann, 3)
    hand = await Hand.join(pool)
    for expected in (["ready", "ready", "waiting"], ["ready", "ready", "ready"], ["ready", "ready", "ready"]):
        claim = await hand.claim_one()
        await hand.finish(claim)
        await asyncio.gather(*[feed.tell_of(api.pool, "crm", claim.id) for _ in range(3)], feed.settle(api.pool))
        assert await phases(pool, job_id) == expected
    assert await completed(pool, job_id) == 1


async def test_a_part_behind_a_canceled_one_waits_for_the_one_that_runs(api: Api, ann: Caller, pool: Pool) -> None:
    """The second is canceled while the first runs: the third goes on when the first is over, and not before."""
    job_id = await split(ann, 3)
    second = (await ann("GET", "/v1/jobs", params={"parentId": job_id, "sortDirection": "asc"}))["data"][1]["id"]
    hand = await Hand.join(pool)
    first = await hand.claim_one()
    await ann("POST", f"/v1/jobs/{second}/cancel")
    assert await phases(pool, job_id) == ["ready", "waiting", "waiting"]
    await hand.finish(first)
    await feed.settle(api.pool)
    assert await phases(pool, job_id) == ["ready", "waiting", "ready"]


@pytest.mark.parametrize(
    ("method", "way", "body"),
    [
        ("DELETE", "", None),
        ("POST", "/outcome/ack", {}),
        ("PATCH", "", {"metadata": {"seen": True}}),
        ("PATCH", "/plan", {"fieldMapping": []}),
    ],
)
async def test_who_touches_a_part_that_a_worker_has_ended_lets_the_next_go_on(
    ann: Caller, pool: Pool, method: str, way: str, body: Any
) -> None:
    """The first that any door hears of the end is somebody's wish about the part: the next is ready all the same."""
    job_id = await split(ann, 2)
    hand = await Hand.join(pool)
    claim = await hand.claim_one()
    await hand.finish(claim)
    await ann(method, f"/v1/jobs/{claim.id}{way}", json=body)
    assert await phases(pool, job_id) == ["ready", "ready"]
