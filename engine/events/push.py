"""Pushing an app with the schedules of its listeners: `on = "schedule"` starts with the version that declares it."""

from __future__ import annotations

from engine.apps import push as apps
from engine.apps.folder import AppFolder, Check
from engine.apps.manifest import Listener, Manifest, Trigger
from engine.apps.push import PushResult
from engine.apps.store import AppCache, load_manifest
from engine.db.pool import Connection
from engine.jobs import filters
from engine.schedule import store
from engine.schedule.checks import APP_PREFIX
from engine.schedule.model import EventType, Plan


async def push(
    conn: Connection, folder: AppFolder, *, by: str | None = None, check: Check | None = None, wait: bool = False
) -> PushResult:
    """As `engine.apps.push`; with the version that becomes the current one the schedules `app.LISTENER` become its.

    BadRequest if one of them cannot be kept (a cron expression that never comes, say); then nothing is pushed.
    """

    async def declare(conn: Connection) -> None:
        await _declare(conn, folder.manifest)

    return await apps.push(conn, folder, by=by, check=check, also=declare, wait=wait)


async def push_waiting(conn: Connection, app: str) -> int | None:
    """Makes the version that waits the current one, with its schedules; None if none does. In a transaction.

    `limits.settle` behind it.
    """
    version = await apps.push_waiting(conn, app)
    if version is not None:
        await _declare(conn, await load_manifest(conn, app, version))
    return version


async def _declare(conn: Connection, manifest: Manifest) -> None:
    listeners = [one for one in manifest.listeners.values() if one.on is Trigger.SCHEDULE]
    app = await AppCache().get(conn, manifest.name)
    await store.declare(conn, app, [_plan(listener) for listener in listeners])


def _plan(listener: Listener) -> Plan:
    every = None if listener.every is None else filters.duration_ms(f"listeners.{listener.name}.every", listener.every)
    return Plan(
        tag=f"{APP_PREFIX}{listener.name}",
        name=listener.label,
        event_type=EventType.LISTENER,
        event_tag=listener.name,
        cron=listener.cron,
        interval_ms=every,
    )
