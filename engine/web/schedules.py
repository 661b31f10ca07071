"""Schedules over HTTP: create, find, change, pause, resume, remove; and what became of their runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from fastapi import Body, Path, Response

from engine.db.pool import Connection
from engine.errors import BadRequest, Forbidden
from engine.model import Scope
from engine.schedule import store
from engine.schedule.model import Plan
from engine.schedule.model import Schedule as EngineSchedule
from engine.web.context import Admitted, Call
from engine.web.paging import from_cursor, to_cursor
from engine.web.routes import Routes
from engine.web.scheduleshapes import NewSchedule, Run, RunPage, Schedule, ScheduleChanges, SchedulePage, plan_fields
from engine.web.shapes import NAME_PATTERN, AppName, PageCursor, PageSize

PATH = "/apps/{app}/schedules"
DEFAULT_SIZE = 100
Tag = Annotated[str, Path(pattern=NAME_PATTERN, description="The tag of a schedule", examples=["nightly"])]
EXAMPLES = {
    "interval": {
        "summary": "Every minute, five times",
        "value": {
            "tag": "every-minute",
            "name": "Every minute",
            "eventType": "FUNCTION",
            "eventTag": "minute",
            "interval": 60_000,
            "executions": 5,
        },
    },
    "cron": {
        "summary": "At three each night, in Berlin",
        "value": {
            "tag": "nightly",
            "name": "Nightly report",
            "eventType": "FUNCTION",
            "eventTag": "report",
            "cron": "0 3 * * *",
            "timezone": "Europe/Berlin",
            "overlap": "skip",
        },
    },
}
CHANGES = {"interval": {"summary": "Another interval", "value": {"interval": 120_000}}}


def register(routes: Routes) -> None:
    """The routes of schedules."""
    one, body = f"{PATH}/{{tag}}", (413, 415)
    routes.add("GET", PATH, find, access=Scope.READ, name="findSchedules", tag="schedules")
    routes.add("POST", PATH, create, access=Scope.RUN, name="createSchedule", tag="schedules", status=201, errors=body)
    routes.add("GET", one, show, access=Scope.READ, name="getSchedule", tag="schedules")
    routes.add("GET", f"{one}/runs", find_runs, access=Scope.READ, name="findScheduleRuns", tag="schedules")
    for method, path, endpoint, name in (
        ("PATCH", one, update, "updateSchedule"),
        ("POST", f"{one}/pause", pause, "pauseSchedule"),
        ("POST", f"{one}/resume", resume, "resumeSchedule"),
    ):
        errors = body if method == "PATCH" else ()
        routes.add(method, path, endpoint, access=Scope.MANAGE, name=name, tag="schedules", errors=errors)
    routes.add("DELETE", one, remove, access=Scope.MANAGE, name="removeSchedule", tag="schedules", status=204)


async def find(call: Admitted, app: AppName, size: PageSize = DEFAULT_SIZE, cursor: PageCursor = None) -> SchedulePage:
    """List schedules in the order of their tags."""
    async with call.pool.acquire() as conn:
        found = await store.fetch_page(conn, call.app, limit=size + 1, after=from_cursor(cursor))
    page = found[:size]
    last = page[-1].plan.tag if len(found) > size else None
    return SchedulePage(items=[Schedule.of(schedule) for schedule in page], next=to_cursor(last))


async def create(
    call: Admitted,
    response: Response,
    app: AppName,
    schedule: Annotated[NewSchedule, Body(openapi_examples=EXAMPLES)],
) -> Schedule:
    """Make a schedule.

    Its runs are jobs of the token's user. What it is to start is checked before it exists.
    """
    plan = Plan(**plan_fields(schedule))
    made = await call.pool.run(lambda conn: new(call, conn, plan))
    response.headers["Location"] = f"/apps/{call.app}/schedules/{made.plan.tag}"
    return Schedule.of(made)


async def show(call: Admitted, app: AppName, tag: Tag) -> Schedule:
    """Show a schedule."""
    async with call.pool.acquire() as conn:
        return Schedule.of(await store.fetch(conn, call.app, tag))


async def find_runs(
    call: Admitted, app: AppName, tag: Tag, size: PageSize = DEFAULT_SIZE, cursor: PageCursor = None
) -> RunPage:
    """List what became of a schedule's runs, the newest first."""
    before = from_cursor(cursor)
    async with call.pool.acquire() as conn:
        schedule = await store.fetch(conn, call.app, tag)
        found = await store.runs(conn, schedule, limit=size + 1, before=None if before is None else _moment(before))
    page = found[:size]
    last = page[-1].due_at.isoformat() if len(found) > size else None
    return RunPage(items=[Run.of(run) for run in page], next=to_cursor(last))


async def update(
    call: Admitted, app: AppName, tag: Tag, changes: Annotated[ScheduleChanges, Body(openapi_examples=CHANGES)]
) -> Schedule:
    """Change a schedule.

    The change holds from the next run on; runs that were made stay as they are.
    """
    fields = plan_fields(changes)

    async def work(conn: Connection) -> EngineSchedule:
        return await store.update(conn, await call.web.apps.get(conn, call.app), tag, fields)

    return Schedule.of(await manage(call, tag, work))


async def pause(call: Admitted, app: AppName, tag: Tag) -> Schedule:
    """Make no runs until the schedule is resumed.

    Runs of the pause do not count as missed.
    """
    return Schedule.of(await manage(call, tag, lambda conn: store.pause(conn, call.app, tag)))


async def resume(call: Admitted, app: AppName, tag: Tag) -> Schedule:
    """Go on with the first run after now."""
    return Schedule.of(await manage(call, tag, lambda conn: store.resume(conn, call.app, tag)))


async def remove(call: Admitted, app: AppName, tag: Tag) -> None:
    """Remove a schedule and the list of its runs.

    The jobs that it made stay.
    """
    await manage(call, tag, lambda conn: store.remove(conn, call.app, tag))


async def new(call: Call, conn: Connection, plan: Plan) -> EngineSchedule:
    """A schedule of the token's user."""
    return await store.create(conn, await call.web.apps.get(conn, call.app), plan, run_by=call.token.user_id)


async def manage(call: Call, tag: str, command: Callable[[Connection], Awaitable[EngineSchedule]]) -> EngineSchedule:
    """What the command leaves; Forbidden if the runs are another user's and the token is not an administrator's."""

    async def work(conn: Connection) -> EngineSchedule:
        schedule = await store.fetch(conn, call.app, tag)
        if not call.token.may_manage(schedule.run_by):
            raise Forbidden(
                "this schedule was made by somebody else; a token with the scope admin may change it",
                additional_info={"tag": tag, "runBy": schedule.run_by},
            )
        return await command(conn)

    return await call.pool.run(work)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest.field("_cursor", text, "`next` of the page before") from None
