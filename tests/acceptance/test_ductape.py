"""Seed 004 as a whole: one job of each event type, made over HTTP, run five times, each run a job with history."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections import Counter
from pathlib import Path

from engine import app
from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.data import tokens, users
from engine.data.users import User
from engine.executors.table import EXECUTORS
from engine.jobs.names import TOPICS_CHANNEL
from engine.model import JobType, Scope
from engine.schedule.model import EventType
from engine.sdk.ductape import Ductape, JobEventTypes
from engine.settings import Settings
from tests.mailbox import open_mailbox

APP = """
[app]
name = "product"

[actions.action_tag]
script = "actions/act.js"

[notifications.notification_tag]
mail_to = ["ann@example.org"]
text = "It is time."

[database_actions.database_action_tag]
statement = "select count(*) as jobs from job_history"

[topics.topic_tag]
"""
# The vendor's types, the event that each has here, and the type of its jobs.
TYPES = {
    JobEventTypes.ACTION: ("action_tag", JobType.EXECUTE_ACTION),
    JobEventTypes.NOTIFICATION: ("notification_tag", JobType.SEND_NOTIFICATION),
    JobEventTypes.DATABASE_ACTION: ("database_action_tag", JobType.DATABASE_ACTION),
    JobEventTypes.FUNCTION: ("actions/act.js", JobType.EXECUTE_SCRIPT),
    JobEventTypes.MESSAGEBROKER: ("topic_tag", JobType.PUBLISH_MESSAGE),
}
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
    """create, fetch and fetchAll; each runs five times and has then ended; raising executions lets it go on."""
    (tmp_path / "app.toml").write_text(APP)
    (tmp_path / "actions").mkdir()
    (tmp_path / "actions" / "act.js").write_text("return 1;")
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
            await push(conn, load_folder(folder))
            await users.save(conn, "product", User("ann", "Ann", None))
            token = await tokens.issue(conn, "product", "ann", name="t", scopes=list(Scope))
        listener = await database.pool.dedicated()
        await listener.add_listener(TOPICS_CHANNEL, lambda *args: heard.append(json.loads(str(args[-1]))["topic"]))
        async with app.open_api(settings, database.pool, no_check) as server:
            parts = [asyncio.create_task(part) for part in (server.run(), worker.run())]
            async with Ductape(server.url, token.secret) as ductape, asyncio.timeout(120):
                jobs = ductape.product.jobs
                for kind, (event, _) in TYPES.items():
                    details = {"name": kind, "tag": kind.lower(), "event_type": kind, "event_tag": event}
                    await jobs.create({**details, "executions": EXECUTIONS, "intervals": 100})
                await _ended(ductape)
                assert {job["executed"] for job in await jobs.fetchAll()} == {EXECUTIONS}
                going_on = await jobs.update("notification", {"executions": EXECUTIONS + 1})
                assert going_on["state"] == "active"
                await _ended(ductape)
                assert (await jobs.fetch("notification"))["executed"] == EXECUTIONS + 1
            while await database.pool.fetch("select 1 from headrace.jobs_live"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            rows = await database.pool.fetch("select type, has_errors from headrace.jobs where status = 'FINISHED'")
            server.stop()
            worker.stop()
            await asyncio.gather(*parts)
        await listener.close()
        for row in await database.pool.fetch("select role from headrace.app_roles"):
            await database.pool.execute(f"drop owned by {row['role']}")
            await database.pool.execute(f"drop role {row['role']}")
    wanted = {kind: EXECUTIONS + (kind is JobType.SEND_NOTIFICATION) for _, kind in TYPES.values()}
    assert Counter(JobType(row["type"]) for row in rows) == wanted
    assert not any(row["has_errors"] for row in rows)
    assert heard == ["topic_tag"] * EXECUTIONS


async def _ended(ductape: Ductape) -> None:
    while any(job["state"] != "ended" for job in await ductape.product.jobs.fetch_all()):  # noqa: ASYNC110
        await asyncio.sleep(0.2)
