"""Freshworks' `client.job` (seed 000) over HTTP. The app is the token's."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body
from pydantic import BaseModel, ConfigDict, Field

from engine.jobs import freshworks, store
from engine.jobs.freshworks import LONGEST_TAG, Word
from engine.model import Scope
from engine.web.context import Admitted, Call
from engine.web.routes import Routes
from engine.web.shapes import Id, JobId, Moment

PATH = "/freshworks/jobs"
EXAMPLES = {
    "tagged": {
        "summary": "client.job.invoke(name, tag, payload)",
        "value": {"name": "sample_job", "tag": "some_tag", "payload": {"ticketId": 12345}},
    },
    "plain": {
        "summary": "client.job.invoke(name, payload)",
        "value": {"name": "longRunningTask", "payload": {"ticket_id": 1}},
    },
}


class Invocation(BaseModel):
    """What is to run."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(min_length=1, max_length=200, description="A job of manifest.json, or any global action")
    tag: str | None = Field(None, max_length=LONGEST_TAG, description="The caller's own word for it")
    payload: dict[str, Any] = Field(default_factory=dict)


class Invoked(BaseModel):
    """The job's id."""

    id: Id


class KnownJob(BaseModel):
    """A job in the vendor's words."""

    id: Id
    name: str
    tag: str | None
    start_time: Moment | None = Field(description="Null until a worker begins it")
    end_time: Moment | None = Field(None, description="Only once the job has ended")
    status: Word
    status_message: str | None = Field(description="What the job said last; once it has ended, how")


def register(routes: Routes) -> None:
    """The routes of `client.job`."""
    errors = (404, 413, 415)
    routes.add(
        "POST", PATH, invoke, access=Scope.RUN, name="freshworksInvoke", tag="freshworks", status=201, errors=errors
    )
    routes.add(
        "GET",
        f"{PATH}/{{jobId}}",
        get,
        access=Scope.READ,
        name="freshworksGet",
        tag="freshworks",
        response_model_exclude_unset=True,
    )


async def invoke(call: Admitted, job: Annotated[Invocation, Body(openapi_examples=EXAMPLES)]) -> Invoked:
    """Start a job, as `client.job.invoke` does.

    It runs as the token's user, with the app's installation parameters beside the payload.
    """
    await _take(call)
    async with call.pool.transaction() as conn:
        action = (await call.manifest(conn)).action(None, job.name)
        (job_id,) = await store.create(conn, [freshworks.invoke(call.by, action, job.tag, job.payload)])
    return Invoked(id=str(job_id))


async def get(call: Admitted, job_id: JobId) -> KnownJob:
    """Show a job, as `client.job.get` does."""
    await _take(call)
    async with call.pool.acquire() as conn:
        job = await store.get(conn, call.app, job_id)
        left = await store.results(conn, call.app, job.id) if job.status.is_final else None
    return KnownJob(**freshworks.document(job, left))


async def _take(call: Call) -> None:
    """One of the requests that the vendor allows for jobs in a minute, beside those of the whole API."""
    await call.web.freshworks_limits.take(call.app)
