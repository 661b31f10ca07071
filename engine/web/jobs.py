"""Jobs over HTTP: create, find, show; their results and logs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Body, Query, Response

from engine.data import files
from engine.db.pool import Connection
from engine.errors import BadRequest
from engine.jobs import logs, requests, search, store
from engine.model import JobType, LogLevel, Scope, Status
from engine.model import NewJob as EngineJob
from engine.web.context import Admitted, Call
from engine.web.jobshapes import (
    Created,
    DeleteRecords,
    ExportRecords,
    ExportUsers,
    ImportRecords,
    ImportUsers,
    Job,
    JobLog,
    JobLogPage,
    JobPage,
    NewJob,
    RunAction,
    RunScript,
)
from engine.web.paging import from_cursor, to_cursor
from engine.web.routes import Routes
from engine.web.shapes import AppName, GivenFlag, GivenMoment, JobId, PageCursor, PageSize

PATH = "/apps/{app}/jobs"
EXAMPLES = {
    "action": {
        "summary": "Run an action on some records",
        "value": {
            "type": "EXECUTE_ACTION",
            "entityName": "companies",
            "actionName": "logSomething",
            "query": {"type": "a"},
            "options": {"lowPriority": True},
        },
    },
    "global": {"summary": "Run a global action", "value": {"type": "EXECUTE_ACTION", "actionName": "report"}},
    "script": {"summary": "Run a script", "value": {"type": "EXECUTE_SCRIPT", "path": "actions/report.js"}},
    "export": {
        "summary": "Export records",
        "value": {"type": "EXPORT_RECORDS", "entityName": "companies", "query": {"country": "DE"}},
    },
    "delete": {
        "summary": "Delete records",
        "value": {"type": "DELETE_RECORDS", "entityName": "companies", "query": {"type": "d"}},
    },
    "import": {
        "summary": "Import a file",
        "value": {"type": "IMPORT_RECORDS", "entityName": "companies", "fileId": "data/companies.csv"},
    },
    "users": {
        "summary": "Import users and write to the new ones",
        "value": {"type": "IMPORT_USERS", "fileId": "users.csv", "notifyUsers": True},
    },
}


def register(routes: Routes) -> None:
    """The routes of jobs."""
    one = f"{PATH}/{{jobId}}"
    routes.add("GET", PATH, find, access=Scope.READ, name="findJobs", tag="jobs")
    routes.add("POST", PATH, create, access=Scope.RUN, name="createJob", tag="jobs", status=201, errors=(413, 415))
    routes.add("GET", one, show, access=Scope.READ, name="getJob", tag="jobs")
    routes.add("GET", f"{one}/results", results, access=Scope.READ, name="getJobResults", tag="jobs")
    routes.add("GET", f"{one}/logs", find_logs, access=Scope.READ, name="findJobLogs", tag="jobs")


def list_of(members: type[JobType] | type[Status]) -> str:
    """The pattern of a comma list of an enumeration's members."""
    names = "|".join(members)
    return f"^({names})(,({names}))*$"


async def find(
    call: Admitted,
    app: AppName,
    type: Annotated[str | None, Query(pattern=list_of(JobType), examples=["EXECUTE_ACTION,EXECUTE_SCRIPT"])] = None,
    status: Annotated[str | None, Query(pattern=list_of(Status), examples=["PENDING,RUNNING"])] = None,
    start_from: Annotated[GivenMoment | None, Query(alias="startFrom")] = None,
    start_to: Annotated[GivenMoment | None, Query(alias="startTo")] = None,
    end_from: Annotated[GivenMoment | None, Query(alias="endFrom")] = None,
    end_to: Annotated[GivenMoment | None, Query(alias="endTo")] = None,
    create_from: Annotated[GivenMoment | None, Query(alias="createFrom")] = None,
    create_to: Annotated[GivenMoment | None, Query(alias="createTo")] = None,
    has_errors: Annotated[GivenFlag | None, Query(alias="hasErrors")] = None,
    size: PageSize = search.DEFAULT_SIZE,
    cursor: PageCursor = None,
) -> JobPage:
    """Find jobs, newest created first.

    The filters of `sys.jobs.find`; types and statuses as comma lists, each time bound alone or as a range.
    """
    times = {
        "startFrom": start_from,
        "startTo": start_to,
        "endFrom": end_from,
        "endTo": end_to,
        "createFrom": create_from,
        "createTo": create_to,
    }
    bounds = {key: _ms(value) for key, value in times.items() if value is not None}
    query = search.JobQuery.parse({"type": type, "status": status, "hasErrors": has_errors, **bounds})
    async with call.pool.acquire() as conn:
        page = await search.find_page(conn, call.app, query, limit=size, after=from_cursor(cursor))
    return JobPage(items=[Job.of(job, call.now) for job in page.jobs], next=to_cursor(page.after))


def _ms(value: datetime) -> int:
    return max(0, round(value.timestamp() * 1000))


async def create(
    call: Admitted,
    response: Response,
    app: AppName,
    job: Annotated[NewJob, Body(discriminator="type", openapi_examples=EXAMPLES)],
) -> Created:
    """Start a job.

    It runs as the token's user. Entities, actions, queries and files are checked before the job exists.
    """
    async with call.pool.transaction() as conn:
        (job_id,) = await store.create(conn, [await _new_job(call, conn, job)])
    response.headers["Location"] = f"/apps/{call.app}/jobs/{job_id}"
    return Created(id=str(job_id))


async def _new_job(call: Call, conn: Connection, job: NewJob) -> EngineJob:
    manifest = await call.manifest(conn)
    options = job.chosen()
    match job:
        case RunAction(entity_name=None) if job.query:
            raise BadRequest.field("query", job.query, "none: a global action runs on no records")
        case RunAction():
            entity = None if job.entity_name is None else manifest.entity(job.entity_name)
            action = manifest.action(job.entity_name, job.action_name)
            return requests.run_action(call.by, action, entity, job.query, job.params, options)
        case RunScript():
            script = (await call.web.apps.get(conn, call.app)).script(job.path)
            return requests.run_script(call.by, script, job.params, options)
        case DeleteRecords():
            return requests.delete_records(call.by, manifest.entity(job.entity_name), job.query, options)
        case ExportRecords():
            return requests.export_records(call.by, manifest.entity(job.entity_name), job.query, options)
        case ImportRecords():
            file = await files.get(conn, call.app, job.file_id)
            return requests.import_records(call.by, manifest.entity(job.entity_name), file, options)
        case ImportUsers():
            file = await files.get(conn, call.app, job.file_id)
            return requests.import_users(call.by, file, job.notify_users, options)
        case ExportUsers():
            return requests.export_users(call.by, options)


async def show(call: Admitted, app: AppName, job_id: JobId) -> Job:
    """Show a job."""
    async with call.pool.acquire() as conn:
        return Job.of(await store.get(conn, call.app, job_id), call.now)


async def results(call: Admitted, app: AppName, job_id: JobId) -> dict[str, Any] | None:
    """Show what a job left.

    The shape is the one of `job.results()` for the job's type. A job that ended with an error has it under
    `error`. Null while there is nothing.
    """
    async with call.pool.acquire() as conn:
        return await store.results(conn, call.app, job_id)


async def find_logs(
    call: Admitted,
    app: AppName,
    job_id: JobId,
    level: Annotated[LogLevel | None, Query()] = None,
    message: Annotated[str | None, Query(min_length=1, max_length=65_536, description="A part of the text")] = None,
    start: Annotated[GivenMoment | None, Query(alias="from")] = None,
    end: Annotated[GivenMoment | None, Query(alias="to")] = None,
    period: Annotated[
        str | None,
        Query(description="`today`, `yesterday` or a duration before now; `from` and `to` win", examples=["2h 30m"]),
    ] = None,
    size: PageSize = logs.DEFAULT_SIZE,
    cursor: PageCursor = None,
) -> JobLogPage:
    """Find lines of a job's log, oldest first.

    The filters of `sys.jobs.logs`.
    """
    bounds = {key: _ms(value) for key, value in {"from": start, "to": end}.items() if value is not None}
    query = logs.LogQuery.parse({"level": level, "message": message, "period": period, **bounds}, call.now)
    async with call.pool.acquire() as conn:
        page = await logs.find_page(conn, call.app, job_id, query, limit=size, after=from_cursor(cursor))
    return JobLogPage(items=[JobLog.of(line) for line in page.lines], next=to_cursor(page.next))
