"""A call to an app that does not run: a sleeping one is woken by it, once however many call."""

from __future__ import annotations

from uuid import UUID

from engine.apps.manifest import Endpoint
from engine.db.pool import Connection, Pool
from engine.db.sql import load
from engine.errors import AppStopped
from engine.jobs import requests, store
from engine.jobs.ends import Ends
from engine.jobs.requests import Requester


async def wake(pool: Pool, ends: Ends, app: str, endpoint: Endpoint, seconds: float) -> None:
    """Returns when the app is started; AppStopped if it is not asleep, the endpoint does not wake it, or time is up."""
    if not endpoint.wakes:
        raise _stopped(app, "does not run, and this endpoint does not wake it")
    job_id = await pool.run(lambda conn: _wake_job(conn, app))
    if job_id is not None and not await ends.wait(job_id, seconds=max(0.0, seconds)):
        raise _stopped(app, "is being started")


async def _wake_job(conn: Connection, app: str) -> UUID | None:
    """The START_APP under way, else a new one; None if the app was started meanwhile."""
    row = await conn.fetchrow(load("app_wake_lock"), app)
    if row is None:
        return None
    if not row["sleeping"]:
        raise _stopped(app, "is stopped")
    known: UUID | None = row["wake_job"]
    if known is not None:
        found = await store.find_by_id(conn, app, known)
        if found is not None and not found.status.is_final:
            return known
    (job_id,) = await store.create(conn, [requests.start_app(Requester(app, None), {}, waking_up=True)])
    await conn.execute(load("app_wake"), app, job_id)
    return job_id


def _stopped(app: str, why: str) -> AppStopped:
    return AppStopped(f"the app {app} {why}", additional_info={"app": app})
