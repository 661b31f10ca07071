"""Seed 004 as a whole: a job of each event type, made over HTTP, through every status, each run a job with history."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections import Counter
from pathlib import Path

from engine import app
from engine.apps.push import push
from engine.data import tokens, users
from engine.data.users import User
from engine.db.pool import Pool
from engine.executors.table import EXECUTORS
from engine.jobs.names import TOPICS_CHANNEL
from engine.model import JobType, Scope
from engine.schedule import store as schedules
from engine.schedule.model import EventType
from engine.sdk.ductape import Ductape, JobEventTypes, Jobs
from engine.settings import Settings
from tests.mailbox import open_mailbox
from tests.patience import patience
from tests.product import TYPES, product

EXECUTIONS = 5


async def no_check(language: str, path: str, source: str) -> str | None:
    """Finds nothing wrong with a script."""
    return None


def test_every_type_of_the_vendor_is_one_of_ours() -> None:
    """Both enumerations have the same names but for listeners, which are ours, and each makes jobs that can run."""
    assert {kind.value for kind in JobEventTypes} == {kind.value for kind in EventType} - {EventType.LISTENER.value}
    assert set(TYPES) == set(JobEventTypes)
    assert {kind for _, kind in TYPES.values()} <= set(EXECUTORS)


async def test_jobs_of_every_type_run(fresh_database: str, tmp_path: Path) -> None:
    """Each type is active, paused, runs, has ended, goes on with more executions; create, update, fetch, fetchAll."""
    async with open_mailbox() as box:
        settings = dataclasses.replace(
            box.settings(),
            database_url=fresh_database,
            api_port=0,
            slots=2,
            poll_ms=100,
            api_requests_per_minute=1_000_000,
        )
        await _story(settings, tmp_path)
        assert len(box.mails) == EXECUTIONS + 1


async def _story(settings: Settings, folder: Path) -> None:
    heard: list[str] = []
    async with app.open_database(settings) as database, app.open_worker(settings, database.pool) as worker:
        async with database.pool.transaction() as conn:
            await push(conn, product(folder))
            await users.save(conn, "product", User("ann", "Ann", None))
            token = await tokens.issue(conn, "product", "ann", name="t", scopes=list(Scope))
        listener = await database.pool.dedicated()
        await listener.add_listener(TOPICS_CHANNEL, lambda *args: heard.append(json.loads(str(args[-1]))["topic"]))
        async with app.open_api(settings, database.pool, no_check) as server:
            parts = [asyncio.create_task(part) for part in (server.run(), worker.run())]
            async with Ductape(server.url, token.secret) as ductape, asyncio.timeout(120):
                await _through_every_status(ductape.product.jobs, database.pool)
            async with patience("the ends of all jobs"):
                while await database.pool.fetch("select 1 from headrace.jobs_live"):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            async with patience("the last message"):
                while len(heard) <= EXECUTIONS:  # noqa: ASYNC110 - the server tells when it finds the time
                    await asyncio.sleep(0.05)
            rows = await database.pool.fetch("select type, has_errors from headrace.jobs where status = 'FINISHED'")
            server.stop()
            worker.stop()
            await asyncio.gather(*parts)
        await listener.close()
        for row in await database.pool.fetch("select role from headrace.app_roles"):
            await database.pool.execute(f"drop owned by {row['role']}")
            await database.pool.execute(f"drop role {row['role']}")
    assert Counter(JobType(row["type"]) for row in rows) == {kind: EXECUTIONS + 1 for _, kind in TYPES.values()}
    assert not any(row["has_errors"] for row in rows)
    assert heard == ["topic_tag"] * (EXECUTIONS + 1)


async def _through_every_status(jobs: Jobs, pool: Pool) -> None:
    tags = [kind.lower() for kind in TYPES]

    async def seen(state: str, executed: int) -> None:
        fetched = [await jobs.fetch(tag) for tag in tags]
        assert [(job["state"], job["executed"]) for job in fetched] == [(state, executed)] * len(TYPES)
        assert all((job["next_run"] is None) == (state != "active") for job in fetched)
        assert sorted(fetched, key=lambda job: str(job["tag"])) == await jobs.fetchAll()

    async def changed(**data: int) -> None:
        for tag in tags:
            assert (await jobs.update(tag, data))["state"] == "active"
        async with asyncio.timeout(60):
            while any(job["state"] != "ended" for job in await jobs.fetch_all()):  # noqa: ASYNC110
                await asyncio.sleep(0.2)

    for kind, (event, _) in TYPES.items():
        details = {"name": kind, "tag": kind.lower(), "event_type": kind, "event_tag": event}
        await jobs.create({**details, "executions": EXECUTIONS, "intervals": 3_600_000})
    await seen("active", 0)
    for tag in tags:
        await pool.run(lambda conn, tag=tag: schedules.pause(conn, "product", tag))
    await seen("paused", 0)
    for tag in tags:
        await pool.run(lambda conn, tag=tag: schedules.resume(conn, "product", tag))
    await seen("active", 0)
    await changed(intervals=100)
    await seen("ended", EXECUTIONS)
    await changed(executions=EXECUTIONS + 1)
    await seen("ended", EXECUTIONS + 1)
