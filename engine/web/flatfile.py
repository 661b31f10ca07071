"""Flatfile's words for jobs over HTTP: `api.jobs` of the vendor's client. The app is the token's."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from fastapi import Body, Query
from starlette.convertors import StringConvertor, register_url_convertor

from engine.db.pool import Connection
from engine.errors import Forbidden
from engine.flatfile import answers, commands, store
from engine.flatfile.answers import Progress
from engine.flatfile.commands import Changes
from engine.flatfile.store import Filter, FlatfileJob
from engine.flatfile.words import Ref
from engine.model import LogLevel, Scope
from engine.web.context import Admitted, Call
from engine.web.flatfileshapes import (
    FlatfileJobId,
    JobAckDetails,
    JobCancelDetails,
    JobConfig,
    JobData,
    JobEndDetails,
    JobLogLine,
    JobPlanConfig,
    JobPlanResponse,
    JobResponse,
    JobSplitDetails,
    JobUpdate,
    ListJobsResponse,
    Pagination,
    Success,
)
from engine.web.routes import Routes
from engine.web.shapes import GivenFlag, whole

PATH = "/v1/jobs"


class _AnyButPreview(StringConvertor):
    """What may be an id: `preview-mutation` is another address, and knows other methods."""

    regex = r"(?!preview-mutation(?:/|$))[^/]+"


EXAMPLE = {
    "seed": {
        "summary": "A custom job",
        "value": {"type": "workbook", "operation": "customOperation", "trigger": "immediate", "source": "us_wb_1"},
    }
}


def register(routes: Routes) -> None:
    """The routes of `api.jobs`."""
    register_url_convertor("job", _AnyButPreview())
    one = f"{PATH}/{{jobId:job}}"
    for method, path, endpoint, access, name in (
        ("GET", PATH, find, Scope.READ, "flatfileListJobs"),
        ("POST", PATH, create, Scope.RUN, "flatfileCreateJob"),
        ("GET", one, show, Scope.READ, "flatfileGetJob"),
        ("PATCH", one, update, Scope.RUN, "flatfileUpdateJob"),
        ("DELETE", one, delete, Scope.MANAGE, "flatfileDeleteJob"),
        ("POST", f"{one}/execute", execute, Scope.RUN, "flatfileExecuteJob"),
        ("GET", f"{one}/plan", show_plan, Scope.READ, "flatfileGetPlan"),
        ("PUT", f"{one}/plan", replace_plan, Scope.RUN, "flatfileReplacePlan"),
        ("PATCH", f"{one}/plan", change_plan, Scope.RUN, "flatfileChangePlan"),
        ("POST", f"{one}/ack", ack, Scope.RUN, "flatfileAckJob"),
        ("POST", f"{one}/log", log, Scope.RUN, "flatfileLog"),
        ("POST", f"{one}/outcome/ack", acknowledge, Scope.RUN, "flatfileAckOutcome"),
        ("POST", f"{one}/complete", complete, Scope.RUN, "flatfileCompleteJob"),
        ("POST", f"{one}/fail", fail, Scope.RUN, "flatfileFailJob"),
        ("POST", f"{one}/cancel", cancel, Scope.MANAGE, "flatfileCancelJob"),
        ("POST", f"{one}/retry", retry, Scope.RUN, "flatfileRetryJob"),
        ("POST", f"{one}/split", split, Scope.RUN, "flatfileSplitJob"),
    ):
        errors = () if method == "GET" else (409, 413, 415)
        routes.add(
            *(method, path, endpoint),
            access=access,
            name=name,
            tag="flatfile",
            errors=errors,
            response_model_exclude_none=True,
        )


# The bodies of those who send none.
_NO_ACK = JobAckDetails.model_validate({})
_NO_END = JobEndDetails.model_validate({})
_NO_CANCEL = JobCancelDetails.model_validate({})
_Filter = Annotated[str | None, Query(max_length=500)]


async def find(
    call: Admitted,
    environment_id: Annotated[_Filter, Query(alias="environmentId")] = None,
    space_id: Annotated[_Filter, Query(alias="spaceId")] = None,
    workbook_id: Annotated[_Filter, Query(alias="workbookId")] = None,
    file_id: Annotated[_Filter, Query(alias="fileId")] = None,
    parent_id: Annotated[_Filter, Query(alias="parentId")] = None,
    source: _Filter = None,
    exclude_child_jobs: Annotated[GivenFlag, Query(alias="excludeChildJobs")] = False,
    sort_direction: Annotated[Literal["asc", "desc"], Query(alias="sortDirection")] = "desc",
    page_size: Annotated[int, *whole(1, 1000), Query(alias="pageSize")] = 20,
    page_number: Annotated[int, *whole(1, 1_000_000), Query(alias="pageNumber")] = 1,
) -> ListJobsResponse:
    """List the jobs that came in or were answered by these doors, newest first."""
    wanted = Filter(
        environment_id=environment_id,
        space_id=space_id,
        workbook_id=workbook_id,
        file_id=file_id,
        parent_id=parent_id,
        source=source,
        exclude_child_jobs=exclude_child_jobs,
        oldest_first=sort_direction == "asc",
    )
    async with call.pool.acquire() as conn:
        jobs, total = await store.page(conn, call.app, wanted, size=page_size, number=page_number)
    pages = Pagination(current_page=page_number, page_count=math.ceil(total / page_size), total_count=total)
    return ListJobsResponse(pagination=pages, data=[JobData.of(job, Ref(job.id)) for job in jobs])


async def create(call: Admitted, job: Annotated[JobConfig, Body(openapi_examples=EXAMPLE)]) -> JobResponse:
    """Start a job of the handler `type:operation`.

    With trigger `manual`, which is the default, it waits until somebody executes it.
    """
    told = {"progress", "info", "estimated_completion_at"}
    config = job.model_dump(by_alias=True, exclude_none=True, exclude=told)
    made = await call.pool.run(lambda conn: commands.create(conn, call.by, config, _progress(job)))
    return JobResponse.of(made)


def _progress(given: JobConfig | JobUpdate | JobAckDetails) -> Progress:
    percent = None if given.progress is None else math.floor(given.progress)
    return Progress(percent, given.info, given.estimated_completion_at)


async def show(call: Admitted, job_id: FlatfileJobId) -> JobResponse:
    """Show a job."""
    ref = Ref.parse(job_id)
    async with call.pool.acquire() as conn:
        return JobResponse.of(await store.get(conn, call.app, ref.id), ref)


async def _change(
    call: Call, job_id: str, work: Callable[[Connection, Ref], Awaitable[FlatfileJob]], *, manages: bool = False
) -> tuple[FlatfileJob, Ref]:
    """What the work made of the job, in a transaction; Forbidden if only others may manage it."""
    ref = Ref.parse(job_id)

    async def changed(conn: Connection) -> FlatfileJob:
        if manages:
            job = await store.get(conn, call.app, ref.id)
            if not call.token.may_manage(job.run_by):
                raise Forbidden(
                    "this job was run by somebody else; a token with the scope admin may manage it",
                    additional_info={"jobId": str(job.id), "runBy": job.run_by},
                )
        return await work(conn, ref)

    return await call.pool.run(changed), ref


async def update(call: Admitted, job_id: FlatfileJobId, changes: JobUpdate) -> JobResponse:
    """Change a job.

    Progress of one that runs counts only from who has it, like an ack, and renews the lease.
    """
    status = "canceled" if changes.status == "cancelled" else changes.status
    wanted = Changes(status, changes.config, changes.metadata, changes.outcome_acknowledged_at, _progress(changes))
    settings = call.web.settings

    async def work(conn: Connection, ref: Ref) -> FlatfileJob:
        return await commands.update(conn, call.app, ref, wanted, settings)

    return JobResponse.of(*await _change(call, job_id, work, manages=status == "canceled"))


async def delete(call: Admitted, job_id: FlatfileJobId) -> Success:
    """Cancel a job, if it is not over, and hide it from these doors; the history keeps it."""

    async def work(conn: Connection, ref: Ref) -> FlatfileJob:
        job = await store.get(conn, call.app, ref.id)
        await commands.delete(conn, call.app, ref)
        return job

    await _change(call, job_id, work, manages=True)
    return Success()


async def execute(call: Admitted, job_id: FlatfileJobId) -> Success:
    """Let a job run that waits for somebody to start it."""
    await _change(call, job_id, lambda conn, ref: commands.execute(conn, call.app, ref))
    return Success()


async def show_plan(call: Admitted, job_id: FlatfileJobId) -> JobPlanResponse:
    """Show a job's execution plan."""
    ref = Ref.parse(job_id)
    async with call.pool.acquire() as conn:
        return JobPlanResponse.of(await store.get(conn, call.app, ref.id), ref)


async def replace_plan(call: Admitted, job_id: FlatfileJobId, plan: JobPlanConfig) -> JobPlanResponse:
    """Replace a job's execution plan."""
    return await _planned(call, job_id, plan, whole=True)


async def change_plan(call: Admitted, job_id: FlatfileJobId, plan: JobPlanConfig) -> JobPlanResponse:
    """Change fields of a job's execution plan."""
    return await _planned(call, job_id, plan, whole=False)


async def _planned(call: Call, job_id: str, given: JobPlanConfig, *, whole: bool) -> JobPlanResponse:
    async def work(conn: Connection, ref: Ref) -> FlatfileJob:
        return await commands.plan(conn, call.app, ref, given.plan, whole=whole)

    return JobPlanResponse.of(*await _change(call, job_id, work))


async def ack(call: Admitted, job_id: FlatfileJobId, details: JobAckDetails = _NO_ACK) -> JobResponse:
    """Take a job, or say how far it is.

    The first ack of a job that is nobody's makes it the caller's; each one renews the lease.
    409 if the attempt is over.
    """
    told = _progress(details)
    return JobResponse.of(*await _change(call, job_id, lambda conn, ref: answers.ack(conn, call.app, ref, told)))


async def log(call: Admitted, job_id: FlatfileJobId, line: JobLogLine) -> JobResponse:
    """Add a line to the log of a job that the caller has.

    409 if the caller does not have it any more.
    """

    async def work(conn: Connection, ref: Ref) -> FlatfileJob:
        return await answers.note(conn, call.app, ref, LogLevel(line.level), line.message)

    return JobResponse.of(*await _change(call, job_id, work))


async def acknowledge(call: Admitted, job_id: FlatfileJobId) -> JobResponse:
    """Say that somebody has seen how the job ended."""
    return JobResponse.of(*await _change(call, job_id, lambda conn, ref: commands.acknowledge(conn, call.app, ref)))


async def complete(call: Admitted, job_id: FlatfileJobId, details: JobEndDetails = _NO_END) -> JobResponse:
    """End a job that is done.

    409 if the caller does not have it any more.
    """

    async def work(conn: Connection, ref: Ref) -> FlatfileJob:
        return await answers.complete(conn, call.app, ref, details.outcome, details.info)

    return JobResponse.of(*await _change(call, job_id, work))


async def fail(call: Admitted, job_id: FlatfileJobId, details: JobEndDetails = _NO_END) -> JobResponse:
    """End an attempt that failed; the job is tried again if it has tries left.

    409 if the caller does not have it any more.
    """
    settings = call.web.settings

    async def work(conn: Connection, ref: Ref) -> FlatfileJob:
        return await answers.fail(conn, call.app, ref, details.outcome, details.info, settings)

    return JobResponse.of(*await _change(call, job_id, work))


async def cancel(call: Admitted, job_id: FlatfileJobId, details: JobCancelDetails = _NO_CANCEL) -> JobResponse:
    """Cancel a job and its descendants; answers of its handler are refused from now on."""

    async def work(conn: Connection, ref: Ref) -> FlatfileJob:
        return await commands.cancel(conn, call.app, ref, details.info)

    return JobResponse.of(*await _change(call, job_id, work, manages=True))


async def retry(call: Admitted, job_id: FlatfileJobId) -> JobResponse:
    """Start a new job like one that is over; the answer has the new job's id."""
    made, _ = await _change(call, job_id, lambda conn, ref: commands.retry(conn, call.by, ref))
    return JobResponse.of(made)


async def split(call: Admitted, job_id: FlatfileJobId, details: JobSplitDetails) -> JobResponse:
    """Split a job into parts, for which it waits.

    When all are over, `job:parts-completed` tells whoever completes it.
    """
    parallel = bool(details.run_in_parallel)

    async def work(conn: Connection, ref: Ref) -> FlatfileJob:
        return await commands.split(conn, call.by, ref, details.data, parallel=parallel)

    return JobResponse.of(*await _change(call, job_id, work))
