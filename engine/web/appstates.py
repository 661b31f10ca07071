"""Starting and stopping the app over HTTP: each is a job."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body, Response
from pydantic import Field

from engine.apps.store import get_pushed
from engine.jobs import requests, store
from engine.model import NewJob, Scope
from engine.web.context import Admitted, Call
from engine.web.jobshapes import Created
from engine.web.routes import Routes
from engine.web.shapes import AppName, Given

PATH = "/apps/{app}"


class StartApp(Given):
    """How the app is started."""

    push_changes: bool = Field(False, description="Whether the version that waits becomes the current one")


class StopApp(Given):
    """How the app is stopped."""

    sleep: bool = Field(False, description="Whether a call to one of its endpoints starts it again")


def register(routes: Routes) -> None:
    """The routes of starts and stops."""
    options = {"access": Scope.ADMIN, "tag": "apps", "status": 201, "errors": (413, 415)}
    routes.add("POST", f"{PATH}/start", start, name="startApp", **options)  # type: ignore[arg-type]
    routes.add("POST", f"{PATH}/stop", stop, name="stopApp", **options)  # type: ignore[arg-type]


async def start(call: Admitted, response: Response, app: AppName, how: Annotated[StartApp, Body()]) -> Created:
    """Start the app.

    A job START_APP: jobs that waited go on where they were. It does no harm to an app that was not stopped.
    """
    return await create(call, response, requests.start_app(call.by, {"pushChanges": how.push_changes}))


async def stop(call: Admitted, response: Response, app: AppName, how: Annotated[StopApp, Body()]) -> Created:
    """Stop the app.

    A job STOP_APP, which ends when no job of the app runs any more. They wait as PENDING, and go on where they were
    when the app is started.
    """
    return await create(call, response, requests.stop_app(call.by, {"sleep": how.sleep}))


async def create(call: Call, response: Response, job: NewJob) -> Created:
    """A job of the app itself."""
    async with call.pool.transaction() as conn:
        await get_pushed(conn, call.app)
        (job_id,) = await store.create(conn, [job])
    response.headers["Location"] = f"/apps/{call.app}/jobs/{job_id}"
    return Created(id=str(job_id))
