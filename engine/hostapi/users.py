"""sys.users: the jobs that work on the users of the caller's app."""

from __future__ import annotations

from typing import Any

from engine.data import files
from engine.db.pool import Connection
from engine.hostapi.args import Args
from engine.hostapi.caller import Caller
from engine.jobs import filters, requests, store
from engine.jobs.requests import Requester
from engine.model import NewJob


async def import_users(caller: Caller, conn: Connection, args: Args) -> Any:
    """users.importUsers [fileId, options] -> the id of the job that imports the file."""
    file = await files.get(conn, caller.app, args.get(0))
    given = dict(filters.check_query(args.get(1), {*requests.OPTIONS, "notifyUsers"}, "options"))
    notify = given.pop("notifyUsers", False)
    return await _create(conn, requests.import_users(_by(caller), file, notify, given))


async def export_users(caller: Caller, conn: Connection, args: Args) -> Any:
    """users.exportUsers [options] -> the id of the job that writes the file."""
    return await _create(conn, requests.export_users(_by(caller), args.get(0)))


def _by(caller: Caller) -> Requester:
    return Requester(caller.app, caller.job.run_by, caller.job.id)


async def _create(conn: Connection, job: NewJob) -> str:
    (job_id,) = await store.create(conn, [job])
    return str(job_id)
