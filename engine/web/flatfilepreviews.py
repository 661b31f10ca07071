"""`api.jobs.previewMutation` of Flatfile's client: what a function would make of records, before a job does it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from engine.db.pool import Connection
from engine.errors import BadRequest, WaitTimeout
from engine.flatfile import previews
from engine.flatfile.previews import Selection
from engine.jobs import commands, store
from engine.model import Scope, check_job_id
from engine.web.context import Admitted, Call
from engine.web.flatfileshapes import Values
from engine.web.routes import Routes
from engine.web.shapes import Given, Id, Shape

PATH = "/v1/jobs/preview-mutation"


class Mutation(Given):
    """A function, and the records to call it with. What is for a job's snapshot means nothing here."""

    sheet_id: str = Field(min_length=1, max_length=500, description="An entity of the app", examples=["companies"])
    mutate_record: str = Field(
        min_length=1,
        max_length=50_000,
        description="A JavaScript function of a record, which it changes",
        examples=["(record) => record.set('city', 'Ulm')"],
    )
    ids: list[Id] | None = Field(None, description="Only these; with a search, all that it finds but these")
    search_field: str | None = Field(None, max_length=500)
    search_value: str | None = Field(None, max_length=500, description="What the field's value has somewhere")
    filter: Literal["all", "valid", "error", "none"] | None = Field(None, description="Records here are all valid")
    filter_field: str | None = Field(None, max_length=500)
    mutation_id: str | None = Field(None, max_length=500)
    snapshot_label: str | None = Field(None, max_length=500)
    snapshot_id: str | None = Field(None, max_length=500)

    @property
    def selection(self) -> Selection:
        """Which records."""
        ids = None if self.ids is None else [check_job_id(id) for id in self.ids]
        return Selection(ids, self.search_field, self.search_value)


class Cell(Shape):
    """A field's value as it would be, and as it is."""

    value: Any = None
    snapshot_value: Any = None
    valid: bool
    messages: list[Values]


class Difference(Shape):
    """A record that would change."""

    id: str
    valid: bool
    values: dict[str, Cell]


class DiffRecordsResponse(Shape):
    """The records that would change, as the client wraps them."""

    data: list[Difference]


def register(routes: Routes) -> None:
    """The route of previews."""
    routes.add(
        *("POST", PATH, preview),
        access=Scope.RUN,
        name="flatfilePreviewMutation",
        tag="flatfile",
        errors=(404, 408, 413, 415),
    )


async def preview(call: Admitted, mutation: Mutation) -> DiffRecordsResponse:
    """Show what a function would make of an entity's records, and change nothing."""
    async with call.pool.acquire() as conn:
        entity = await call.entity(conn, mutation.sheet_id)
        excluded = mutation.filter in ("error", "none")
        found = [] if excluded else await previews.select(conn, call.app, entity, mutation.selection)
    script = previews.program(mutation.mutate_record)
    problem = await call.web.check(script.language, script.path, script.source)
    if problem is not None:
        raise _wrong(problem)
    timeout_ms = max(1, call.web.settings.api_wait_ms)
    async with call.pool.transaction() as conn:
        new = previews.job(call.by, script, found, timeout_ms=timeout_ms)
        (job_id,) = await store.create(conn, [new])
    made = await _made(call, job_id, timeout_ms)
    return DiffRecordsResponse.model_validate({"data": previews.differences(entity, found, made)})


async def _made(call: Call, job_id: UUID, timeout_ms: int) -> list[Values]:
    """What the job left; one that is not done in time is canceled."""
    if not await call.web.ends.wait(job_id, seconds=timeout_ms / 1000):
        # It may have ended at this moment.
        with suppress(BadRequest):
            await call.pool.run(lambda conn: _cancel(conn, call.app, job_id))
            raise WaitTimeout(
                f"the preview was not done within {timeout_ms} ms", additional_info={"jobId": str(job_id)}
            )
    async with call.pool.acquire() as conn:
        left = await store.results(conn, call.app, job_id) or {}
    if "results" not in left:
        raise _wrong(left.get("error", {}).get("message", "it was canceled"), jobId=str(job_id))
    made: list[Values] = left["results"]["response"]
    return made


async def _cancel(conn: Connection, app: str, job_id: UUID) -> None:
    await commands.cancel(conn, app, job_id)


def _wrong(why: str, **more: str) -> BadRequest:
    return BadRequest(f"mutateRecord: {why}", additional_info={"field": "mutateRecord", **more})
