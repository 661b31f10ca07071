"""Custom events over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body
from pydantic import Field

from engine.events import custom
from engine.model import Scope
from engine.web.context import Admitted
from engine.web.routes import Routes
from engine.web.shapes import NAME_PATTERN, AppName, Given, Shape


class NewEvent(Given):
    """A custom event."""

    name: str = Field(pattern=NAME_PATTERN, examples=["scoreReached"])
    data: Any = Field(None, description="What listeners see as `event.data`", examples=[{"company": "Acme"}])


class Heard(Shape):
    """Who will hear an event."""

    listeners: int = Field(ge=0, description="For so many listeners there will be a job each")


def register(routes: Routes) -> None:
    """The route of events."""
    routes.add(
        "POST",
        "/apps/{app}/events",
        trigger,
        access=Scope.RUN,
        name="triggerEvent",
        tag="events",
        status=202,
        errors=(413, 415),
    )


async def trigger(call: Admitted, app: AppName, event: Annotated[NewEvent, Body()]) -> Heard:
    """Trigger a custom event.

    The app's listeners for it run as jobs of the token's user.
    """
    async with call.pool.transaction() as conn:
        return Heard(listeners=await custom.trigger(conn, call.app, event.name, event.data, call.cause))
