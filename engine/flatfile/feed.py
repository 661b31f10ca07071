"""Reads the feed of events, after telling it what nobody has told it yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.db.pool import Connection, Pool
from engine.db.sql import load
from engine.errors import NotFound
from engine.flatfile import answers, store

MOST_EVENTS = 500
# So many at a time: what is left is told by the next reader.
_MOST_CHANGED = 200
# How long a change that no door made may wait to be told.
TURN_MS = 250


async def catch_up(pool: Pool, app: str) -> None:
    """Tells what workers, scripts and people have changed, each job in a transaction of its own."""
    for row in await pool.fetch(load("flatfile_changed"), app, _MOST_CHANGED):
        await tell_of(pool, app, row["job_id"])


async def catch_up_in_turn(pool: Pool, app: str) -> None:
    """As `catch_up`, unless somebody did within TURN_MS: for readers that come back all the time."""
    if await pool.fetch(load("flatfile_turn"), app, TURN_MS):
        await catch_up(pool, app)


async def settle(pool: Pool) -> None:
    """Does for all apps what must not wait for a reader: workers call it. Parts that have ended let the next go on, and
    what handlers far away hold is ended after a cancel, a stop, its time."""
    for due in ("flatfile_parts_due", "flatfile_held_too_long"):
        for row in await pool.fetch(load(due), _MOST_CHANGED):
            await tell_of(pool, row["app"], row["job_id"])


async def tell_of(pool: Pool, app: str, job_id: UUID) -> None:
    """Tells what became of a job, and ends what a handler far away holds of it after a cancel, a stop, its time."""

    async def work(conn: Connection) -> None:
        job = await store.held(conn, app, job_id)
        if job.remote:
            await answers.let_go(conn, job)
        await answers.over(conn, job, touched=False)

    try:
        await pool.run(work)
    except NotFound:
        # Deleted meanwhile, or removed by retention: nothing is to be told of it.
        return


async def read(conn: Connection, app: str, after: int) -> list[Mapping[str, Any]]:
    """Up to MOST_EVENTS events behind this number."""
    return list(await conn.fetch(load("flatfile_feed"), app, after, MOST_EVENTS))


async def end(conn: Connection, app: str) -> int:
    """The number behind which everything is new."""
    return int(await conn.fetchval(load("flatfile_feed_end"), app))


async def sweep(conn: Connection, *, days: int) -> bool:
    """Removes events of more than a week ago, and what was kept of jobs that retention took after so many days; whether
    there may be more."""
    return bool(await conn.fetchval(load("flatfile_sweep"), days))


async def page(
    conn: Connection,
    app: str,
    *,
    since: datetime | None = None,
    topic: str | None = None,
    environment_id: str | None = None,
    space_id: str | None = None,
    size: int = 20,
    number: int = 1,
) -> list[Mapping[str, Any]]:
    """Page `number` (from 1) of the app's events that match, newest first."""
    return list(
        await conn.fetch(
            load("flatfile_feed_page"),
            *(app, since, topic, environment_id, space_id, None, size, (number - 1) * size),
        )
    )


async def get(conn: Connection, app: str, n: int) -> Mapping[str, Any]:
    """One event; NotFound if the app has none of this number."""
    rows = await conn.fetch(load("flatfile_feed_page"), app, None, None, None, None, n, 1, 0)
    if not rows:
        raise NotFound(f"there is no event {n} in this app", additional_info={"eventId": str(n)})
    return dict(rows[0])
