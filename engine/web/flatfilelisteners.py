"""Events in Flatfile's words over HTTP, and listeners that get them, and jobs with them, by polls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Response
from pydantic import Field

from engine.db import chore
from engine.flatfile import events, feed, listeners
from engine.flatfile.listeners import Listener, News
from engine.flatfile.words import Ref
from engine.model import Scope
from engine.web.context import Admitted, Call
from engine.web.flatfileshapes import REF, Values
from engine.web.routes import Routes
from engine.web.shapes import UUID_PATTERN, Given, GivenMoment, Moment, Shape, whole

PATH = "/v1/listeners"
# A poll that waits looks again after the first of these, then less and less often: an idle listener costs few looks.
LOOK_S, LONGEST_LOOK_S, SLOWER = 0.1, 0.5, 1.3
MOST_SLOTS = 1000

ListenerId = Annotated[str, Path(alias="listenerId", pattern=UUID_PATTERN, description="A listener")]
_Text = Annotated[str | None, Query(max_length=500)]


class NewListener(Given):
    """A process that listens."""

    jobs: list[str] = Field(max_length=1000, description="The handlers that it has", examples=[["space:configure"]])
    name: str = Field("listener", min_length=1, max_length=200, pattern=r"^[^\x00]*$")
    slots: int = Field(1, ge=1, le=MOST_SLOTS, description="How many jobs it does at once")


class ListenerData(Shape):
    """A listener that polls from now on."""

    id: str
    cursor: int = Field(description="The events behind this one are new")
    poll_ms: int = Field(description="It polls at least so often, or its jobs are given to others")


class ListenerResponse(Shape):
    """A new listener."""

    data: ListenerData


class Poll(Given):
    """What a listener knows and wants."""

    after: int = Field(ge=0, lt=2**63, examples=[0], description="The cursor of the poll before")
    free: int = Field(0, ge=0, le=MOST_SLOTS, description="How many more jobs it can begin")
    held: list[Annotated[str, Field(pattern=REF)]] = Field(
        default_factory=list, max_length=MOST_SLOTS, description="The attempts that it believes to have"
    )
    wait_ms: int = Field(0, ge=0, le=600_000, description="How long to wait for something new")


class Event(Shape):
    """An event, as `listener.dispatchEvent` takes it."""

    id: str
    topic: str
    domain: str
    context: Values
    payload: Values
    created_at: Moment
    namespaces: list[str]
    origin: Values
    target: str


class NewsData(Shape):
    """What is new."""

    events: list[Event]
    cursor: int
    released: list[str] = Field(description="Attempts that the listener does not have any more")


class NewsResponse(Shape):
    """What a poll brings."""

    data: NewsData


class ListEventsResponse(Shape):
    """A page of events."""

    data: list[Event]


class EventResponse(Shape):
    """An event."""

    data: Event


def register(routes: Routes) -> None:
    """The routes of listeners and events."""
    one, body = f"{PATH}/{{listenerId}}", (413, 415)
    for method, path, endpoint, access, name, status, errors in (
        ("POST", PATH, create, Scope.RUN, "flatfileListen", 201, body),
        ("POST", f"{one}/poll", poll, Scope.RUN, "flatfilePoll", 200, body),
        ("DELETE", one, leave, Scope.RUN, "flatfileLeave", 204, ()),
        ("GET", "/v1/events", find, Scope.READ, "flatfileListEvents", 200, ()),
        ("GET", "/v1/events/{eventId}", show, Scope.READ, "flatfileGetEvent", 200, ()),
    ):
        routes.add(method, path, endpoint, access=access, name=name, tag="flatfile", status=status, errors=errors)


async def create(call: Admitted, listener: NewListener) -> ListenerResponse:
    """Begin to listen.

    The listener is a worker: it polls, or what it holds is given to others.
    """
    made, cursor = await call.pool.run(
        lambda conn: listeners.register(conn, call.app, listener.jobs, name=listener.name, slots=listener.slots)
    )
    poll_ms = call.web.settings.stale_ms // 3
    return ListenerResponse(data=ListenerData(id=str(made.id), cursor=cursor, poll_ms=poll_ms))


async def poll(call: Admitted, listener_id: ListenerId, wants: Poll) -> NewsResponse:
    """Renew the lease, get events, and with free slots jobs.

    `job:ready` of one of the listener's own handlers is a claim: its jobId names the attempt. Returns as soon as there
    is something, or after `waitMs`, or the server's own limit.
    """
    async with call.pool.acquire() as conn:
        listener = await listeners.get(conn, call.app, UUID(listener_id))
    held = [Ref.parse(ref, "held") for ref in wants.held]
    await listeners.beat(call.pool, listener, used=len(held), stale_ms=call.web.settings.stale_ms)
    news = await _first_news(call, listener, wants, held)
    found = NewsData(events=_shown(news.events), cursor=news.cursor, released=list(news.released))
    return NewsResponse(data=found)


async def _first_news(call: Call, listener: Listener, wants: Poll, held: Sequence[Ref]) -> News:
    settings = call.web.settings
    until = time.monotonic() + min(wants.wait_ms, settings.stale_ms // 3, settings.api_wait_ms) / 1000
    pauses = chore.growing(LOOK_S, LONGEST_LOOK_S, growth=SLOWER)
    while True:
        news = await listeners.look(call.pool, listener, after=wants.after, held=held, free=wants.free)
        if news.events or news.released or news.cursor > wants.after or time.monotonic() >= until:
            return news
        await asyncio.sleep(next(pauses))


def _shown(documents: Sequence[Mapping[str, Any]]) -> list[Event]:
    return [Event.model_validate(each) for each in documents]


async def leave(call: Admitted, listener_id: ListenerId) -> Response:
    """Stop listening; what the listener holds is given to others at once."""

    async with call.pool.transaction() as conn:
        await listeners.leave(conn, await listeners.get(conn, call.app, UUID(listener_id)))
    return Response(status_code=204)


async def find(
    call: Admitted,
    since: GivenMoment | None = None,
    topic: _Text = None,
    domain: _Text = None,
    environment_id: Annotated[_Text, Query(alias="environmentId")] = None,
    space_id: Annotated[_Text, Query(alias="spaceId")] = None,
    page_size: Annotated[int, *whole(1, 1000), Query(alias="pageSize")] = 20,
    page_number: Annotated[int, *whole(1, 1_000_000), Query(alias="pageNumber")] = 1,
) -> ListEventsResponse:
    """List the events of the last week, newest first.

    The only domain is `job`.
    """
    await feed.catch_up(call.pool, call.app)
    if domain not in (None, "job"):
        return ListEventsResponse(data=[])
    async with call.pool.acquire() as conn:
        rows = await feed.page(
            *(conn, call.app),
            since=since,
            topic=topic,
            environment_id=environment_id,
            space_id=space_id,
            size=page_size,
            number=page_number,
        )
    return ListEventsResponse(data=_shown([events.document(row) for row in rows]))


async def show(
    call: Admitted, event_id: Annotated[str, Path(alias="eventId", pattern="^[0-9]{1,18}$", examples=["1"])]
) -> EventResponse:
    """Show an event."""
    async with call.pool.acquire() as conn:
        return EventResponse(data=_shown([events.document(await feed.get(conn, call.app, int(event_id)))])[0])
