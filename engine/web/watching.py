"""Watching jobs over HTTP: a stream of what happens, and waiting for a status."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import Header, Query, Response

from engine.errors import NotFound
from engine.jobs import follow, store
from engine.jobs.feed import JobState
from engine.jobs.seen import Position
from engine.model import FINAL, Scope, Status
from engine.web.context import Admitted, Call
from engine.web.eventstream import EventStream, ServerEvent
from engine.web.jobs import PATH, list_of
from engine.web.jobshapes import Job, JobLog
from engine.web.routes import Routes
from engine.web.shapes import AppName, JobId, whole

RETRY_MS = 2000
MAX_WAIT_MS = 3_600_000
_EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "What Last-Event-ID says when the reader comes back"},
        "event": {"enum": ["job", "log", "end"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events until the job ends: `job` (its state, at first and after each change), `log` "
        "(a line), `end` (the whole job; the stream closes)",
        "content": {"text/event-stream": {"schema": _EVENT}},
    },
    204: {"description": "The job is over and the reader had everything: do not come back"},
}


def register(routes: Routes) -> None:
    """The routes of watchers."""
    one = f"{PATH}/{{jobId}}"
    routes.add(
        "GET",
        f"{one}/events",
        events,
        access=Scope.READ,
        name="watchJob",
        tag="jobs",
        responses=_EVENTS,
        response_class=EventStream,
        response_model=None,
    )
    routes.add("GET", f"{one}/wait", wait, access=Scope.READ, name="waitForJob", tag="jobs", errors=(408,))


async def events(
    call: Admitted,
    app: AppName,
    job_id: JobId,
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", description="The last event that the reader had")
    ] = None,
) -> Response:
    """Watch a job live.

    Server-sent events. A reader that comes back with Last-Event-ID gets what it missed. The stream ends with
    the job. It also closes now and then (setting api_stream_ms, ten minutes); readers come back by themselves.
    """
    async with call.pool.acquire() as conn:
        job = await store.get(conn, call.app, job_id)
    start = Position.parse(last_event_id) if last_event_id else Position()
    if start.ended and job.status.is_final:
        return Response(status_code=204)
    told = _told(call, job_id, follow.follow(call.web.feed, job.id, start))
    return EventStream(told, retry_ms=RETRY_MS, most_s=_most_s(call))


def _most_s(call: Call) -> float:
    """How long a stream lasts: no longer than its token."""
    most_s = call.web.settings.api_stream_ms / 1000
    expires = call.token.expires_at
    return most_s if expires is None else min(most_s, max(0.0, (expires - call.now).total_seconds()))


async def _told(
    call: Call, job_id: str, happened: AsyncGenerator[follow.Event, None]
) -> AsyncGenerator[ServerEvent, None]:
    async with aclosing(happened) as events:
        async for event in events:
            match event:
                case follow.Quiet():
                    yield ServerEvent(None)
                case follow.Line(line=line, position=position):
                    yield _event("log", JobLog.of(line).model_dump(mode="json", by_alias=True), position)
                case follow.Changed(state=state, position=position):
                    yield _event("job", _state(state), position)
                case follow.Ended(position=position):
                    yield _event("end", await _whole(call, job_id), position)


def _event(name: str, data: Any, position: Position) -> ServerEvent:
    return ServerEvent(json.dumps(data, ensure_ascii=False, separators=(",", ":")), name, position.text())


def _state(state: JobState) -> dict[str, Any]:
    return {
        "status": state.status.value,
        "progress": state.progress,
        "statusMessage": state.status_message,
        "hasErrors": state.has_errors,
        "lowPriority": state.low_priority,
        "attempt": state.attempt,
    }


async def _whole(call: Call, job_id: str) -> dict[str, Any] | None:
    """The job as it ended; None if retention has removed it meanwhile."""
    try:
        async with call.pool.acquire() as conn:
            job = await store.get(conn, call.app, job_id)
    except NotFound:
        return None
    return Job.of(job, call.now).model_dump(mode="json", by_alias=True)


async def wait(
    call: Admitted,
    app: AppName,
    job_id: JobId,
    status: Annotated[
        str, Query(pattern=list_of(Status), description="One of these is enough", examples=["FINISHED,STOPPED"])
    ] = ",".join(sorted(FINAL)),
    max_ms: Annotated[int, *whole(0, MAX_WAIT_MS), Query(alias="maxMs")] = 30_000,
) -> Job:
    """Wait until a job has one of the statuses.

    Answers at once if it has it already, and with 408 after `maxMs` milliseconds, or the server's own limit
    (setting api_wait_ms, a minute) if that is less.
    """
    wanted = [Status(name) for name in status.split(",")]
    async with call.pool.acquire() as conn:
        job = await store.get(conn, call.app, job_id)
    await follow.wait(call.web.feed, job.id, wanted, max_ms=min(max_ms, call.web.settings.api_wait_ms))
    async with call.pool.acquire() as conn:
        return Job.of(await store.get(conn, call.app, job_id), call.now)
