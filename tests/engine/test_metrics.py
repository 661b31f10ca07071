"""What a real worker counts, and what a scrape of it costs the database."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from engine import app
from engine.db.pool import Pool
from engine.db.sql import load
from engine.executors.endings import Ending, Failed, Finished
from engine.executors.run import Run
from engine.jobs import depth
from engine.metrics import Metrics
from engine.model import Status
from engine.settings import Settings
from tests.engine.hands import enqueue, enqueue_one, new
from tests.engine.shop import LONG_S, Shop

BACKLOG = """
insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
select 0, 'app' || g % 200, 'default', 1 + g % 2, now() - interval '1 minute', headrace.uuid_v7()
from generate_series(1, 50000) g
"""


OLD_AND_LAST = """
insert into headrace.job_ready (leaf, app, queue, priority, rank, job_id)
select 0, 'zoo', 'default', 2, now() - interval '9 days', headrace.uuid_v7()
"""


async def scraped(settings: Settings, pool: Pool, metrics: Metrics, **options: Any) -> httpx.Response:
    """What /metrics answers."""
    async with app.open_metrics(settings, pool, metrics, fit=lambda: True) as url, httpx.AsyncClient() as http:
        return await http.get(f"{url}/metrics", timeout=LONG_S, **options)


async def by_name(run: Run) -> Ending:
    """Ends as the job's label says."""
    match run.claim.label:
        case "bad":
            return Failed({"code": "badRequest", "message": "no"}, retryable=False)
        case "again" if run.claim.attempt == 1:
            return Failed({"code": "x", "message": "later"})
        case "partly":
            return Finished({}, has_errors=True)
    return Finished({})


async def test_a_worker_counts_its_jobs(shop: Shop) -> None:
    """Starts, ends by outcome, retries, claims, slots, and one transaction for each batch of ends."""
    shop.does(by_name)
    metrics = Metrics()
    count = metrics.registry.get_sample_value
    async with shop.worker(metrics=metrics) as worker:
        labels = ["good", "good", "bad", "partly", "again"]
        for job_id in await enqueue(shop.pool, *[new(label=label, max_attempts=2) for label in labels]):
            await shop.reaches(job_id, Status.FINISHED)
        async with asyncio.timeout(LONG_S):
            while worker.busy:  # noqa: ASYNC110 - the worker is asked
                await asyncio.sleep(0.01)
        kind = {"app": new().app, "queue": "default", "type": "HANDLER"}
        assert count("headrace_jobs_started_total", kind) == 5
        ended = {o: count("headrace_jobs_finished_total", {**kind, "outcome": o}) for o in ("ok", "failed", "canceled")}
        assert ended == {"ok": 3, "failed": 2, "canceled": 0}
        assert count("headrace_attempts_left_total", {"outcome": "retried"}) == 1
        assert count("headrace_job_wait_seconds_count", {"queue": "default", "priority": "normal"}) == 5
        assert count("headrace_attempt_duration_seconds_count", {"queue": "default", "type": "HANDLER"}) == 6
        assert count("headrace_claim_jobs_sum") == 6
        # What has lines of a log to write with its end is not written in a batch.
        assert count("headrace_finish_jobs_sum") == 4
        assert count("headrace_worker_slots") == 4
        assert count("headrace_worker_slots_used") == 0


async def test_a_worker_counts_the_dead_that_it_finds(shop: Shop) -> None:
    """Rescued jobs and buried workers."""
    metrics = Metrics()
    dead = "insert into headrace.workers (id, name, version, slots, heartbeat_at) values ($1, 'x', '0', 1, 'epoch')"
    job_id = await enqueue_one(shop.pool)
    await shop.pool.execute(dead, job_id)
    await shop.pool.execute(
        "update headrace.jobs_live set status = 'RUNNING', attempt = 1, worker_id = id, ready_at = null"
    )
    async with shop.worker(metrics=metrics, stale_ms=60_000):
        await shop.reaches(job_id, Status.FINISHED)
    assert metrics.registry.get_sample_value("headrace_workers_buried_total") == 1
    assert metrics.registry.get_sample_value("headrace_jobs_rescued_total") == 1


async def test_a_scrape_shows_the_queue(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Depth and age by queue and priority, delayed jobs, and the look's own success."""
    monkeypatch.setattr("engine.web.scrape.LOOK_S", LONG_S)
    await enqueue(pool, new(), new(), new(low_priority=True), new(queue="imports"), new(delay_ms=3_600_000))
    await pool.execute("update headrace.job_ready set rank = now() - interval '5 minutes' where queue = 'imports'")
    await pool.execute("update headrace.jobs_live set created_at = 'epoch'")
    metrics = Metrics()
    response = await scraped(Settings(metrics_port=0), pool, metrics)
    assert response.headers["content-type"].startswith("text/plain; version=")
    count = metrics.registry.get_sample_value
    assert count("headrace_database_up") == 1
    assert count("headrace_queue_depth", {"queue": "default", "priority": "normal"}) == 2
    assert count("headrace_queue_depth", {"queue": "default", "priority": "low"}) == 1
    assert (count("headrace_queue_oldest_seconds", {"queue": "imports", "priority": "normal"}) or 0) >= 300
    assert (count("headrace_queue_oldest_seconds", {"queue": "default", "priority": "normal"}) or 0) < 300
    assert count("headrace_pool_size") == pool.most


async def test_a_scrape_without_a_database_says_so(fresh_database: str) -> None:
    """The page is served, with what the process itself has counted."""
    pool = await Pool.connect(fresh_database)
    await pool.close()
    metrics = Metrics()
    response = await scraped(Settings(metrics_port=0), pool, metrics)
    assert response.status_code == 200
    assert "headrace_database_up 0.0" in response.text
    assert "headrace_build_info" in response.text


async def test_many_scrapers_share_one_look(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reaches the port cannot make the database count without end."""
    looks = 0
    look = depth.Rounds.look

    async def counted(*args: Any, **options: Any) -> Any:
        nonlocal looks
        looks += 1
        return await look(*args, **options)

    monkeypatch.setattr(depth.Rounds, "look", counted)
    monkeypatch.setattr("engine.web.scrape.FRESH_S", LONG_S)
    settings = Settings(metrics_port=0)
    async with app.open_metrics(settings, pool, Metrics(), fit=lambda: True) as url, httpx.AsyncClient() as http:
        pages = await asyncio.gather(*[http.get(f"{url}/metrics", timeout=LONG_S) for _ in range(10)])
    assert {page.status_code for page in pages} == {200}
    assert looks == 1


async def test_readiness_follows_the_worker(shop: Shop) -> None:
    """Ready once the lease is renewed, not any more when the worker drains; alive all the time."""
    async with (
        shop.worker() as worker,
        app.open_metrics(Settings(), shop.pool, Metrics(), fit=lambda: worker.fit) as url,
        httpx.AsyncClient(base_url=url, timeout=LONG_S) as http,
        asyncio.timeout(LONG_S),
    ):
        while (await http.get("/health/ready")).status_code != 200:  # noqa: ASYNC110 - the worker is asked
            await asyncio.sleep(0.01)
        worker.stop()
        assert (await http.get("/health/ready")).status_code == 503
        assert (await http.get("/health/live")).status_code == 200
        assert (await http.get("/other")).status_code == 404


def touched(plan: Mapping[str, Any]) -> float:
    """The rows that all nodes of a plan have given."""
    own = float(plan["Actual Rows"]) * float(plan["Actual Loops"])
    return own + sum(touched(below) for below in plan.get("Plans", ()))


async def test_a_scrape_reads_a_bounded_part_of_the_backlog(pool: Pool) -> None:
    """Of 50,000 entries in 400 lanes it touches a few thousand rows: the bound, not the backlog."""
    await pool.execute(BACKLOG)
    await pool.execute("analyze headrace.job_ready")
    async with pool.acquire() as conn:
        explained = await conn.fetchval(
            f"explain (analyze, format json) {load('queue_gauges')}",
            *(depth.MOST_LANES, depth.MOST_ENTRIES, 30_000, "", "", -1),
        )
        (plan,) = explained if isinstance(explained, list) else json.loads(explained)
        seen = await depth.Rounds().look(conn, stale_ms=30_000)
    assert touched(plan["Plan"]) < 12_000
    assert 0 < sum(lane.jobs for lane in seen.lanes) <= depth.MOST_ENTRIES
    assert all(lane.oldest_s >= 60 for lane in seen.lanes)


async def test_looks_that_follow_one_another_see_every_lane(pool: Pool) -> None:
    """The oldest job may stand in the last of 400 lanes: a round of eight looks finds it, and says how long it took."""
    await pool.execute(BACKLOG)
    await pool.execute(OLD_AND_LAST)
    rounds = depth.Rounds()
    async with pool.acquire() as conn:
        lanes = await conn.fetchval("select count(distinct (app, queue, priority)) from headrace.job_ready")
        looks = lanes // depth.MOST_LANES + 1
        seen = [await rounds.look(conn, stale_ms=30_000) for _ in range(looks + 1)]
    assert looks > 4
    oldest = [max(lane.oldest_s for lane in look.lanes) for look in seen]
    assert [age >= 9 * 86_400 for age in oldest] == [False] * (looks - 1) + [True, True]
    assert seen[-1].totals["looks"] == looks


async def test_the_lag_of_the_event_loop_is_seen(pool: Pool) -> None:
    """Something that blocks the loop shows up in the gauge."""
    metrics = Metrics()
    async with app.open_metrics(Settings(), pool, metrics, fit=lambda: True), asyncio.timeout(LONG_S):
        while (metrics.registry.get_sample_value("headrace_event_loop_lag_seconds") or 0) < 0.2:
            until = time.monotonic() + 0.5
            while time.monotonic() < until:
                pass
            await asyncio.sleep(0)
