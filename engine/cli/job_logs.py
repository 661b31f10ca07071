"""`headrace job logs` and `headrace job tail`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from engine.cli import exits, loop
from engine.cli.database import check_id, existing, find_job
from engine.cli.exits import Exit
from engine.cli.follow import Follower, ending, log_line
from engine.cli.options import spelled
from engine.cli.output import Output
from engine.cli.words import number, to_ms
from engine.db.pool import Pool
from engine.jobs import logs as job_logs
from engine.jobs.documents import line_document
from engine.jobs.filters import whole
from engine.jobs.logs import LogQuery
from engine.jobs.watch import watch
from engine.model import Job
from engine.settings import Loaded

PAGE = 1000


def logs(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The lines that the filters let through, oldest first."""
    return loop.run(_logs(given, loaded, output))


def tail(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The last lines, then what comes, until the job is over; its ending is the exit code."""
    return loop.run(_tail(given, loaded, output))


async def _logs(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    check_id(given.id, given.app)
    query = _query(given)
    async with existing(loaded) as pool:
        job = await find_job(pool, given.id, given.app)
        if given.follow:
            return exits.of_job(await _follow(pool, job, 0, output))
        documents = []
        after, left = None, query.size
        while left > 0:
            async with pool.acquire() as conn:
                page = await job_logs.find_page(conn, job.app, job.id, query, limit=min(PAGE, left), after=after)
            for line in page.lines:
                if output.as_json:
                    documents.append(line_document(line))
                else:
                    output.line(log_line(line, output))
            after, left = page.next, left - len(page.lines)
            if after is None:
                break
        if output.as_json:
            output.document(documents)
        elif after is not None:
            output.note(f"there are more lines: --offset {int(given.offset) + query.size}, or --size")
    return Exit.DONE


def _query(given: argparse.Namespace) -> LogQuery:
    now = datetime.now(UTC)
    query = {
        "level": None if given.level is None else given.level.upper(),
        "message": given.message,
        "from": None if given.from_ is None else to_ms("--from", given.from_, now),
        "to": None if given.to is None else to_ms("--to", given.to, now),
        "period": given.period,
        "_size": number(given.size),
        "_offset": number(given.offset),
    }
    with spelled(level="--level", message="--message", period="--period", _size="--size", _offset="--offset"):
        return LogQuery.parse(query, now)


async def _tail(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    check_id(given.id, given.app)
    count = whole("--lines", number(given.lines), high=100_000)
    async with existing(loaded) as pool:
        job = await find_job(pool, given.id, given.app)
        async with pool.acquire() as conn:
            since = await job_logs.before_last(conn, job.id, count)
        job = await _follow(pool, job, since, output)
    if not output.as_json:
        output.note(ending(job, output, datetime.now(UTC)))
    return exits.of_job(job)


async def _follow(pool: Pool, job: Job, since: int, output: Output) -> Job:
    follower = Follower(output, lines_to_stdout=True)
    async for seen in watch(pool, job.app, job.id, since=since):
        follower.show(seen)
        job = seen.job
    return job
