"""Limits of an app and its queues over HTTP: those that its admins set, beside the operator's and the manifest's."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Body, Path
from pydantic import Field

from engine.jobs import limits
from engine.jobs.limits import ADMIN, LONGEST_MS, MOST_JOBS, Declared, QueueLimit
from engine.model import Scope
from engine.web.context import Admitted
from engine.web.routes import Routes
from engine.web.shapes import AppName, Given, Shape

PATH = "/apps/{app}/limits"
ALL_QUEUES = "*"
Queue = Annotated[
    str, Path(description="A queue; `*` is all of the app's jobs together", max_length=107, examples=["heavy"])
]
EXAMPLES = {
    "concurrency": {"summary": "Two at once", "value": {"concurrency": 2}},
    "rate": {"summary": "Sixty a minute", "value": {"rate": 60, "perMs": 60_000}},
}


class NewLimit(Given):
    """What a queue is limited to: `concurrency`, or `rate` with `perMs`, or all of them."""

    concurrency: int | None = Field(None, ge=0, le=MOST_JOBS, description="Jobs that run at once; 0 holds the queue")
    rate: int | None = Field(None, ge=1, le=MOST_JOBS, description="Jobs that start in `perMs`")
    per_ms: int | None = Field(None, ge=1, le=LONGEST_MS)


class Limit(Shape):
    """A limit that holds for the app. The lowest of all that fit a job counts."""

    queue: str | None = Field(description="null: all of the app's jobs together")
    source: Literal["operator", "app", "admin"] = Field(
        description="Who set it: the platform's operator, the app's manifest, or its admins over HTTP"
    )
    concurrency: int | None
    rate: int | None
    per_ms: int | None
    used: int = Field(ge=0, description="Jobs that hold a permit now")

    @classmethod
    def of(cls, one: Declared) -> Limit:
        """The limit as it is shown."""
        values = {"concurrency": one.limit.concurrency, "rate": one.limit.rate, "per_ms": one.limit.per_ms}
        return cls.model_validate({"queue": one.queue or None, "source": one.source, **values, "used": one.used})


class LimitPage(Shape):
    """Limits by queue."""

    items: list[Limit]
    next: str | None = Field(description="Always null: an app has few")


def register(routes: Routes) -> None:
    """The routes of limits."""
    one = f"{PATH}/{{queue}}"
    routes.add("GET", PATH, find, access=Scope.READ, name="findLimits", tag="limits")
    routes.add("PUT", one, put, access=Scope.ADMIN, name="putLimit", tag="limits", errors=(413, 415))
    routes.add("DELETE", one, remove, access=Scope.ADMIN, name="removeLimit", tag="limits", status=204)


async def find(call: Admitted, app: AppName) -> LimitPage:
    """List the limits that hold for the app's jobs, whoever set them."""
    async with call.pool.acquire() as conn:
        return LimitPage(items=[Limit.of(one) for one in await limits.list_limits(conn, call.app)], next=None)


async def put(
    call: Admitted, app: AppName, queue: Queue, limit: Annotated[NewLimit, Body(openapi_examples=EXAMPLES)]
) -> Limit:
    """Set a limit, in place of the one that admins set before.

    It holds at once; jobs that run already count, and none of them is ended. What the operator allows stays the most.
    """
    wanted = QueueLimit(limit.concurrency, limit.rate, limit.per_ms)
    async with call.pool.acquire() as conn:
        return Limit.of(await limits.set_limit(conn, call.app, _named(queue), wanted, source=ADMIN))


async def remove(call: Admitted, app: AppName, queue: Queue) -> None:
    """Take a limit back that admins set. Those of the operator and of the app's manifest stay."""
    async with call.pool.acquire() as conn:
        await limits.remove_limit(conn, call.app, _named(queue), source=ADMIN)


def _named(queue: str) -> str:
    return "" if queue == ALL_QUEUES else queue
