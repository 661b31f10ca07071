"""Keeps schedules: create, change, pause, remove and read them.

What is changed holds from the next run on; jobs that were made stay as they are. Each function works in the caller's
transaction. Times come from PostgreSQL's clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from engine.apps.store import App
from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import BadRequest, Forbidden, NotFound
from engine.ids import new_id
from engine.schedule import events, turn
from engine.schedule.checks import check
from engine.schedule.model import TIMING, Origin, Outcome, Plan, RunRow, Schedule


async def create(
    conn: Connection, app: App, plan: Plan, *, run_by: str | None = None, origin: Origin = Origin.CALLER
) -> Schedule:
    """A new schedule of the app; BadRequest if the plan cannot be kept, or its tag is taken."""
    now = await _now(conn)
    _check(app, plan, origin, run_by, now)
    schedule = Schedule(
        id=new_id(),
        app=app.name,
        origin=origin,
        plan=plan,
        run_by=run_by,
        executed=0,
        anchor_at=_anchor(plan, now),
        last_due_at=None,
        next_at=None,
        created_at=now,
        updated_at=now,
    )
    row = await conn.fetchrow(load("schedule_insert"), *_columns(_planned(schedule, now), now))
    if row is None:
        raise BadRequest.field("tag", plan.tag, f"a tag that no schedule of {app.name} has")
    return Schedule.from_row(row)


async def update(conn: Connection, app: App, tag: object, changes: Mapping[str, Any]) -> Schedule:
    """The schedule with these fields of its plan (not its tag) changed; a change of times sets the next run anew."""
    schedule = await _locked(conn, app.name, tag)
    plan = replace(schedule.plan, **_exclusive(schedule.plan, changes))
    _check(app, plan, schedule.origin, schedule.run_by, await _now(conn))
    return await _change(conn, schedule, plan)


async def _change(conn: Connection, schedule: Schedule, plan: Plan) -> Schedule:
    now = await _now(conn)
    changed = replace(schedule, plan=plan)
    if any(getattr(plan, name) != getattr(schedule.plan, name) for name in TIMING):
        if (plan.interval_ms, plan.start_at) != (schedule.plan.interval_ms, schedule.plan.start_at):
            changed = replace(changed, anchor_at=_anchor(plan, schedule.last_due_at or now))
        changed = _planned(changed, now)
    row = await conn.fetchrow(load("schedule_update"), *_columns(changed, now))
    assert row is not None, "its row is locked"
    return Schedule.from_row(row)


def _exclusive(plan: Plan, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes; a cron expression takes the place of an interval, and the other way round."""
    if "cron" in changes and changes["cron"] is changes.get("interval_ms", plan.interval_ms) is None:
        raise BadRequest.field("cron", None, "an expression, or an interval in its place")
    match changes:
        case {"cron": str()} if "interval_ms" not in changes:
            return {**changes, "interval_ms": None}
        case {"interval_ms": int()} if "cron" not in changes:
            return {**changes, "cron": None}
    return dict(changes)


async def pause(conn: Connection, app: str, tag: object) -> Schedule:
    """The schedule, whose runs are not made until it is resumed; they do not count as missed."""
    return await _set_paused(conn, app, tag, True)


async def resume(conn: Connection, app: str, tag: object) -> Schedule:
    """The schedule, which goes on with its first run after now."""
    return await _set_paused(conn, app, tag, False)


async def _set_paused(conn: Connection, app: str, tag: object, paused: bool) -> Schedule:
    """Whether its event is still there does not matter here."""
    schedule = await _locked(conn, app, tag)
    return await _change(conn, schedule, replace(schedule.plan, paused=paused))


async def remove(conn: Connection, app: str, tag: object) -> Schedule:
    """The schedule that was, removed with the list of its runs; the jobs that it made stay."""
    schedule = await _locked(conn, app, tag)
    await conn.execute(load("schedule_delete"), schedule.id)
    return schedule


async def declare(conn: Connection, app: App, plans: Sequence[Plan]) -> None:
    """Makes the app's own schedules (tags `app.…`) exactly these: others are removed, unchanged ones stay as they are.

    For whoever puts this version of the app in force, in the same transaction.
    """
    known = {row["tag"]: Schedule.from_row(row) for row in await conn.fetch(load("schedules_declared"), app.name)}
    wanted = {plan.tag: plan for plan in plans}
    for tag in known.keys() - wanted.keys():
        await conn.execute(load("schedule_delete"), known[tag].id)
    for tag, plan in wanted.items():
        if tag not in known:
            await create(conn, app, plan, origin=Origin.APP)
        elif plan != known[tag].plan:
            _check(app, plan, Origin.APP, None, await _now(conn))
            await _change(conn, known[tag], plan)


async def fetch(conn: Connection, app: str, tag: object) -> Schedule:
    """The app's schedule; NotFound if it has none of this tag."""
    return await _read(conn, "schedule_get", app, tag)


async def fetch_page(conn: Connection, app: str, *, limit: int, after: str | None = None) -> list[Schedule]:
    """The app's schedules in the order of their tags, behind the tag `after`."""
    return [Schedule.from_row(row) for row in await conn.fetch(load("schedule_list"), app, after or "", limit)]


async def runs(conn: Connection, schedule: Schedule, *, limit: int, before: datetime | None = None) -> list[RunRow]:
    """What became of its runs, the newest first, those due before `before`."""
    rows = await conn.fetch(load("schedule_run_list"), schedule.id, before, limit)
    return [RunRow(**{**row, "outcome": Outcome(row["outcome"])}) for row in rows]


async def _locked(conn: Connection, app: str, tag: object) -> Schedule:
    schedule = await _read(conn, "schedule_lock", app, tag)
    if schedule.origin is Origin.APP:
        raise Forbidden(
            f"schedule {tag} is declared by the app: change its app.toml", additional_info={"tag": str(tag)}
        )
    return schedule


async def _read(conn: Connection, statement: str, app: str, tag: object) -> Schedule:
    if not isinstance(tag, str) or "\0" in tag:
        raise BadRequest.field("tag", tag, "the tag of a schedule")
    row = await conn.fetchrow(load(statement), app, tag)
    if row is None:
        raise NotFound(f"app {app} has no schedule {tag!r}", additional_info={"tag": tag})
    return Schedule.from_row(row)


def _check(app: App, plan: Plan, origin: Origin, run_by: str | None, now: datetime) -> None:
    """A run must not fail later for what is known now: its job is built once, and dropped."""
    check(plan, origin)
    events.new_job(app, plan, run_by, now)


def _anchor(plan: Plan, now: datetime) -> datetime:
    """Where intervals count from: the start, else one interval after now (or after the run before)."""
    return plan.start_at or now + timedelta(milliseconds=plan.interval_ms or 0)


def _planned(schedule: Schedule, now: datetime) -> Schedule:
    return replace(schedule, next_at=turn.first(schedule, now))


async def _now(conn: Connection) -> datetime:
    now: datetime = await conn.fetchval(load("now"))
    return now


def _columns(schedule: Schedule, now: datetime) -> list[Any]:
    """The parameters of schedule_insert.sql and schedule_update.sql."""
    plan = schedule.plan
    given = [getattr(plan, item.name) for item in fields(Plan)]
    plain = [dict(value) if isinstance(value, Mapping) else value for value in given]
    own = [schedule.executed, schedule.anchor_at, schedule.last_due_at, schedule.next_at]
    identity: list[UUID | str | None] = [schedule.id, schedule.app, schedule.origin.value, schedule.run_by]
    return [*identity, *plain, *own, turn.look_at(schedule, schedule.next_at, now), now]
