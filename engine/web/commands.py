"""What people ask of jobs over HTTP: stop, resume, cancel, low priority; each answers with the job as it is then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Query

from engine.db.pool import Connection
from engine.errors import Forbidden
from engine.jobs import commands, store
from engine.model import Scope
from engine.web.context import Admitted, Call
from engine.web.jobs import PATH
from engine.web.jobshapes import Job
from engine.web.routes import Routes
from engine.web.shapes import AppName, GivenFlag, JobId


def register(routes: Routes) -> None:
    """The routes of commands."""
    one = f"{PATH}/{{jobId}}"
    for method, path, endpoint, name in (
        ("POST", f"{one}/stop", stop, "stopJob"),
        ("POST", f"{one}/resume", resume, "resumeJob"),
        ("POST", f"{one}/cancel", cancel, "cancelJob"),
        ("PUT", f"{one}/lowPriority", set_low_priority, "setLowPriority"),
        ("DELETE", f"{one}/lowPriority", remove_low_priority, "removeLowPriority"),
    ):
        routes.add(method, path, endpoint, access=Scope.MANAGE, name=name, tag="jobs")


async def stop(
    call: Admitted,
    app: AppName,
    job_id: JobId,
    force: Annotated[GivenFlag, Query(description="Do not wait for the script's next safe point")] = False,
) -> Job:
    """Stop a job and its descendants.

    A running job is STOPPING until its script is at a safe point. It can be resumed where it was.
    """
    return await _command(call, job_id, lambda conn: commands.stop(conn, call.app, job_id, force=force))


async def resume(call: Admitted, app: AppName, job_id: JobId) -> Job:
    """Let a stopped job and its descendants go on where they were."""
    return await _command(call, job_id, lambda conn: commands.resume(conn, call.app, job_id))


async def cancel(call: Admitted, app: AppName, job_id: JobId) -> Job:
    """Cancel a job and its descendants.

    A running job is CANCELING until its script is gone. It cannot be resumed.
    """
    return await _command(call, job_id, lambda conn: commands.cancel(conn, call.app, job_id))


async def set_low_priority(call: Admitted, app: AppName, job_id: JobId) -> Job:
    """Let jobs without this flag go first."""
    return await _command(call, job_id, lambda conn: commands.set_low_priority(conn, call.app, job_id, True))


async def remove_low_priority(call: Admitted, app: AppName, job_id: JobId) -> Job:
    """Take the low-priority flag away."""
    return await _command(call, job_id, lambda conn: commands.set_low_priority(conn, call.app, job_id, False))


async def _command(call: Call, job_id: str, command: Callable[[Connection], Awaitable[None]]) -> Job:
    async def work(conn: Connection) -> Job:
        job = await store.get(conn, call.app, job_id)
        if not call.token.may_manage(job.run_by):
            raise Forbidden(
                "this job was run by somebody else; a token with the scope admin may manage it",
                additional_info={"jobId": str(job.id), "runBy": job.run_by},
            )
        await command(conn)
        return Job.of(await store.get(conn, call.app, job_id), call.now)

    return await call.pool.run(work)
