"""sys.schedules: the schedules of the caller's app. Runs are jobs of the user who made it, who alone may change it."""

from __future__ import annotations

from typing import Any

from engine.apps.store import App
from engine.db.pool import Connection
from engine.errors import Forbidden, HeadraceError, NotFound
from engine.hostapi import wire
from engine.hostapi.args import Args
from engine.hostapi.caller import Caller
from engine.schedule import store
from engine.schedule.given import new_plan, plan_changes

# `fetchAll` has no pages, as that of seed 004.
MOST = 1000


async def create(caller: Caller, conn: Connection, args: Args) -> Any:
    """schedules.create [schedule] -> the schedule; its event is looked for in the app's current version."""
    plan = new_plan(args.get(0))
    return wire.schedule(await store.create(conn, await _app(caller, conn), plan, run_by=caller.job.run_by))


async def update(caller: Caller, conn: Connection, args: Args) -> Any:
    """schedules.update [tag, changes] -> the schedule, from its next run on."""
    changes = plan_changes(args.get(1))
    await _check_own(caller, conn, args.get(0))
    return wire.schedule(await store.update(conn, await _app(caller, conn), args.get(0), changes))


async def fetch(caller: Caller, conn: Connection, args: Args) -> Any:
    """schedules.fetch [tag] -> the schedule, or null."""
    try:
        return wire.schedule(await store.fetch(conn, caller.app, args.get(0)))
    except NotFound:
        return None


async def fetch_all(caller: Caller, conn: Connection, args: Args) -> Any:
    """schedules.fetchAll [] -> the app's schedules in the order of their tags."""
    found = await store.fetch_page(conn, caller.app, limit=MOST + 1)
    if len(found) > MOST:
        raise HeadraceError(f"the app has more than {MOST} schedules: fetch them by their tags")
    return [wire.schedule(schedule) for schedule in found]


async def pause(caller: Caller, conn: Connection, args: Args) -> Any:
    """schedules.pause [tag] -> the schedule, which makes no runs."""
    await _check_own(caller, conn, args.get(0))
    return wire.schedule(await store.pause(conn, caller.app, args.get(0)))


async def resume(caller: Caller, conn: Connection, args: Args) -> Any:
    """schedules.resume [tag] -> the schedule, which goes on with its first run after now."""
    await _check_own(caller, conn, args.get(0))
    return wire.schedule(await store.resume(conn, caller.app, args.get(0)))


async def remove(caller: Caller, conn: Connection, args: Args) -> Any:
    """schedules.remove [tag]: it makes no more runs; the jobs that it made stay."""
    await _check_own(caller, conn, args.get(0))
    await store.remove(conn, caller.app, args.get(0))


async def _app(caller: Caller, conn: Connection) -> App:
    await caller.manifest(conn)
    return await caller.apps.get(conn, caller.app)


async def _check_own(caller: Caller, conn: Connection, tag: object) -> None:
    """Whoever changes a schedule says what its user's jobs do."""
    schedule = await store.fetch(conn, caller.app, tag)
    if schedule.run_by != caller.job.run_by:
        raise Forbidden(
            "this schedule was made by somebody else", additional_info={"tag": tag, "runBy": schedule.run_by}
        )
