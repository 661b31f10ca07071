"""Pushing an app with the schedules of its listeners: `on = "schedule"` starts with the version that declares it."""

from __future__ import annotations

from engine.apps import push as apps
from engine.apps.folder import AppFolder, Check
from engine.apps.manifest import Listener, Trigger
from engine.apps.push import PushResult
from engine.apps.store import AppCache
from engine.db.pool import Connection
from engine.jobs import filters
from engine.schedule import store
from engine.schedule.checks import APP_PREFIX
from engine.schedule.model import EventType, Plan


async def push(conn: Connection, folder: AppFolder, *, by: str | None = None, check: Check | None = None) -> PushResult:
    """As `engine.apps.push`; in its transaction the schedules `app.LISTENER` become those of this version.

    BadRequest if one of them cannot be kept (a cron expression that never comes, say); then nothing is pushed.
    """
    listeners = [one for one in folder.manifest.listeners.values() if one.on is Trigger.SCHEDULE]

    async def declare(conn: Connection) -> None:
        app = await AppCache().get(conn, folder.manifest.name)
        await store.declare(conn, app, [_plan(listener) for listener in listeners])

    return await apps.push(conn, folder, by=by, check=check, also=declare)


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
