"""Ductape's words for schedules (seed 004): `product.jobs`, over HTTP. The app is the token's."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Body
from pydantic import BaseModel, ConfigDict, Field

from engine.db.pool import Connection
from engine.model import Scope
from engine.schedule import store
from engine.schedule.checks import MOST_EXECUTIONS, MOST_MS
from engine.schedule.model import EventType, Plan
from engine.schedule.model import Schedule as EngineSchedule
from engine.web.context import Admitted
from engine.web.routes import Routes
from engine.web.schedules import Tag, manage, new
from engine.web.scheduleshapes import Makeable, absent
from engine.web.shapes import NAME_PATTERN, Moment

PATH = "/ductape/jobs"
# `fetchAll` has no pages; this is more than anybody keeps.
MOST = 10_000
EXAMPLE = {
    "seed": {
        "summary": "Five times, a minute apart",
        "value": {
            "name": "Example Job",
            "tag": "example_job",
            "event_type": "FUNCTION",
            "event_tag": "example",
            "executions": 5,
            "intervals": 60_000,
        },
    }
}
CHANGES = {"seed": {"summary": "Ten times, two minutes apart", "value": {"executions": 10, "intervals": 120_000}}}


class ProductJob(BaseModel):
    """A job in Ductape's sense: what runs, how often, at which interval."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(min_length=1, max_length=200)
    tag: str = Field(pattern=NAME_PATTERN)
    event_type: Makeable
    event_tag: str = Field(min_length=1, max_length=500)
    executions: int = Field(ge=0, le=MOST_EXECUTIONS, description="So many runs; 0 is without end")
    intervals: int = Field(ge=100, le=MOST_MS, description="Milliseconds between two runs")


class ProductJobChanges(BaseModel):
    """The fields of a job that may be changed; what is left out stays. Null is refused: a job has each of them."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = absent(min_length=1, max_length=200)
    event_type: Makeable = absent()
    event_tag: str = absent(min_length=1, max_length=500)
    executions: int = absent(ge=0, le=MOST_EXECUTIONS)
    intervals: int = absent(ge=100, le=MOST_MS)


class KnownProductJob(BaseModel):
    """A job as it is, with what has become of it."""

    name: str
    tag: str
    event_type: EventType
    event_tag: str
    executions: int
    intervals: int | None = Field(description="Null where it runs by a cron expression")
    state: Literal["active", "paused", "ended"]
    executed: int
    next_run: Moment | None

    @classmethod
    def of(cls, schedule: EngineSchedule) -> KnownProductJob:
        """The schedule in these words."""
        plan = schedule.plan
        return cls(
            name=plan.name,
            tag=plan.tag,
            event_type=plan.event_type,
            event_tag=plan.event_tag,
            executions=plan.executions,
            intervals=plan.interval_ms,
            state=schedule.state,
            executed=schedule.executed,
            next_run=schedule.next_at,
        )


def register(routes: Routes) -> None:
    """The routes of `product.jobs`."""
    one, body = f"{PATH}/{{tag}}", (413, 415)
    for method, path, endpoint, access, name, status, errors in (
        ("POST", PATH, create, Scope.RUN, "ductapeCreateJob", 201, body),
        ("GET", PATH, fetch_all, Scope.READ, "ductapeFetchAllJobs", 200, ()),
        ("GET", one, fetch, Scope.READ, "ductapeFetchJob", 200, ()),
        ("PATCH", one, update, Scope.MANAGE, "ductapeUpdateJob", 200, body),
    ):
        routes.add(method, path, endpoint, access=access, name=name, tag="ductape", status=status, errors=errors)


async def create(call: Admitted, job: Annotated[ProductJob, Body(openapi_examples=EXAMPLE)]) -> KnownProductJob:
    """Make a job that runs at an interval: a schedule, which `/apps/{app}/schedules` shows with all that it has."""
    plan = Plan(
        tag=job.tag,
        name=job.name,
        event_type=EventType(job.event_type),
        event_tag=job.event_tag,
        executions=job.executions,
        interval_ms=job.intervals,
    )
    return KnownProductJob.of(await call.pool.run(lambda conn: new(call, conn, plan)))


async def fetch_all(call: Admitted) -> list[KnownProductJob]:
    """List all jobs in the order of their tags."""
    async with call.pool.acquire() as conn:
        return [KnownProductJob.of(one) for one in await store.fetch_page(conn, call.app, limit=MOST)]


async def fetch(call: Admitted, tag: Tag) -> KnownProductJob:
    """Show a job."""
    async with call.pool.acquire() as conn:
        return KnownProductJob.of(await store.fetch(conn, call.app, tag))


async def update(
    call: Admitted, tag: Tag, changes: Annotated[ProductJobChanges, Body(openapi_examples=CHANGES)]
) -> KnownProductJob:
    """Change a job, from its next run on."""
    given = changes.model_dump(exclude_unset=True)
    if "intervals" in given:
        given["interval_ms"] = given.pop("intervals")
    if "event_type" in given:
        given["event_type"] = EventType(given["event_type"])

    async def work(conn: Connection) -> EngineSchedule:
        return await store.update(conn, await call.web.apps.get(conn, call.app), tag, given)

    return KnownProductJob.of(await manage(call, tag, work))
