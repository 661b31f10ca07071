"""sys.users: the jobs that work on the users of the caller's app."""

from __future__ import annotations

from typing import Any

from engine.data import files
from engine.db.pool import Connection
from engine.hostapi.args import Args
from engine.hostapi.caller import Caller, create
from engine.jobs import filters, requests


async def import_users(caller: Caller, conn: Connection, args: Args) -> Any:
    """users.importUsers [fileId, options] -> the id of the job that imports the file."""
    file = await files.get(conn, caller.app, args.get(0))
    given = dict(filters.check_query(args.get(1), {*requests.OPTIONS, "notifyUsers"}, "options"))
    notify = given.pop("notifyUsers", False)
    return await create(conn, requests.import_users(caller.by, file, notify, given))


async def export_users(caller: Caller, conn: Connection, args: Args) -> Any:
    """users.exportUsers [options] -> the id of the job that writes the file."""
    return await create(conn, requests.export_users(caller.by, args.get(0)))
