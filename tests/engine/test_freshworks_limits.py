"""The limits of Freshworks' jobs (seed 000): 15 at a time, and how that is changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.apps.folder import load_folder
from engine.apps.manifest import Action
from engine.apps.push import push
from engine.db.pool import Pool
from engine.jobs import freshworks, limits, store
from engine.jobs.limits import QueueLimit
from engine.settings import Settings
from tests.engine.hands import ANN, APP, Hand


async def install(pool: Pool, folder: Path, **headrace: Any) -> Action:
    """The one job of an app, which is pushed."""
    (folder / "manifest.json").write_text(json.dumps({"jobs": {"sample_job": {}}, "headrace": headrace}))
    (folder / "server.js").write_text("exports = {};")
    async with pool.acquire() as conn:
        await push(conn, found := load_folder(folder, name=APP))
    return found.manifest.action(None, "sample_job")


async def invoke(pool: Pool, action: Action, count: int) -> None:
    """So many calls of `client.job.invoke`."""
    async with pool.transaction() as conn:
        await store.create(conn, [freshworks.invoke(ANN, action, None, {"n": n}) for n in range(count)])


async def test_fifteen_jobs_run_at_a_time_unless_the_app_says_otherwise(pool: Pool, tmp_path: Path) -> None:
    """The rest is queued, not refused; `concurrency` in manifest.json raises it, and the operator may hold less."""
    await invoke(pool, await install(pool, tmp_path), 25)
    hand = await Hand.join(pool)
    claims = await hand.claim(100)
    assert len(claims) == 15
    assert await hand.claim(100) == []
    await install(pool, tmp_path, concurrency=20)
    assert len(await hand.claim(100)) == 5
    async with pool.acquire() as conn:
        await limits.set_limit(conn, APP, "freshworks", QueueLimit(concurrency=10))
    await hand.finish(*claims[:11])
    assert len(await hand.claim(100)) == 1


def test_the_vendor_s_limits_are_the_defaults() -> None:
    """50 requests a minute; 2 minutes are in the test of the manifest."""
    assert Settings().freshworks_requests_per_minute == 50
