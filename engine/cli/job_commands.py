"""`headrace job stop|resume|cancel|low-priority`."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable
from functools import partial

from engine.cli import exits, loop
from engine.cli.database import check_id, existing, find_job
from engine.cli.exits import Exit
from engine.cli.output import Output
from engine.db.pool import Connection
from engine.errors import BadRequest, NotFound
from engine.jobs import commands
from engine.model import Job
from engine.settings import Loaded

Order = Callable[[Connection, str, object], Awaitable[None]]


def stop(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Jobs and their descendants stop."""
    return loop.run(_each(given, loaded, output, partial(commands.stop, force=given.force)))


def resume(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Stopped jobs go on."""
    return loop.run(_each(given, loaded, output, commands.resume))


def cancel(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Jobs and their descendants end for good."""
    return loop.run(_each(given, loaded, output, commands.cancel))


def low_priority(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """Jobs get or lose the flag."""
    return loop.run(_each(given, loaded, output, partial(commands.set_low_priority, low=not given.off)))


async def _each(given: argparse.Namespace, loaded: Loaded, output: Output, order: Order) -> Exit:
    """Tells each job, in a transaction of its own; one that may not be told does not keep the others from it."""
    for job_id in given.ids:
        check_id(job_id, given.app)
    worst = Exit.DONE
    documents = []
    async with existing(loaded) as pool:
        for job_id in given.ids:
            try:
                job = await find_job(pool, job_id, given.app)
                await pool.run(partial(_order, order, job))
                job = await find_job(pool, job_id, job.app)
            except (BadRequest, NotFound) as error:
                output.error(error.to_json(), None)
                worst = exits.of_error(error)
                continue
            documents.append({"id": str(job.id), "status": job.status.value, "lowPriority": job.low_priority})
            if not output.as_json:
                low = ", low priority" if job.low_priority else ""
                output.line(f"{job.id} {job.status.value}{low}")
    if output.as_json:
        output.document(documents)
    return worst


async def _order(order: Order, job: Job, conn: Connection) -> None:
    await order(conn, job.app, job.id)
