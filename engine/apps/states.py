"""Stopping and starting an app: whether its jobs may run (migration 0044 tells how that reaches the queue)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from engine.db.pool import Connection
from engine.db.sql import load
from engine.jobs import limits
from engine.jobs.names import CONTROL_CHANNEL, JOBS_CHANNEL


@dataclass(frozen=True, slots=True)
class Halt:
    """How far a stop is: how many jobs of the app workers still hold, and whether it is this stop that counts."""

    running: int
    ours: bool


async def stop(conn: Connection, app: str, *, sleeping: bool, by: UUID) -> None:
    """None of the app's jobs starts from the commit on, and those that run are handed back. In a transaction."""
    await conn.execute(load("app_stop"), app, sleeping, by)
    await conn.execute(load("limit_set"), app, "", limits.STOP, 0, None, None)
    await conn.execute(load("notify"), CONTROL_CHANNEL, "")


async def halt(conn: Connection, app: str, *, by: UUID) -> Halt:
    """How far the stop by this job is. Claims that began before it have ended when this returns."""
    await conn.execute(load("limit_await_claims"))
    row = await conn.fetchrow(load("app_running"), app, by)
    return Halt(row["running"], row["ours"])


async def start(conn: Connection, app: str) -> bool:
    """The app's jobs run again from the commit on; False if they did before. In a transaction."""
    stopped = await conn.fetchval(load("app_start"), app) is not None
    if stopped:
        await conn.fetchrow(load("limit_remove"), app, "", limits.STOP)
        await conn.execute(load("ready_take_back"), app)
        await conn.execute(load("notify"), JOBS_CHANNEL, "")
    return stopped
