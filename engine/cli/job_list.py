"""`headrace job list`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from engine.cli import loop
from engine.cli.database import existing
from engine.cli.exits import Exit
from engine.cli.follow import status_style, status_word
from engine.cli.options import spelled
from engine.cli.output import Output, flat
from engine.cli.table import table
from engine.cli.words import duration, local, number, to_ms
from engine.db.pool import Connection
from engine.jobs import search
from engine.jobs.documents import job_document
from engine.jobs.search import JobQuery
from engine.model import Job, check_name
from engine.settings import Loaded

PAGE = 1000
_HEADER = ("ID", "STATUS", "CREATED", "WAITED", "TOOK", "TYPE", "APP", "LABEL")


def list_jobs(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    """The jobs that the filters let through, newest first."""
    return loop.run(_list(given, loaded, output))


async def _list(given: argparse.Namespace, loaded: Loaded, output: Output) -> Exit:
    now = datetime.now(UTC)
    query = _query(given, now)
    app = None if given.app is None else check_name("--app", given.app)
    async with existing(loaded) as pool, pool.acquire() as conn:
        if given.count:
            return _say_count(await search.count(conn, app, query), output)
        jobs, more = await _pages(conn, app, query)
    if output.as_json:
        output.document([job_document(job, now) for job in jobs])
        return Exit.DONE
    if not jobs:
        output.note("no jobs")
        return Exit.DONE
    _print(jobs, now, output)
    if more:
        output.note(f"there are more: --offset {query.offset + query.size}, or --size")
    return Exit.DONE


def _query(given: argparse.Namespace, now: datetime) -> JobQuery:
    query: dict[str, Any] = {
        "type": None if given.type is None else given.type.upper(),
        "status": None if given.status is None else given.status.upper(),
        "hasErrors": given.has_errors,
        "_size": number(given.size),
        "_offset": number(given.offset),
    }
    for what in ("create", "start", "end"):
        for end in ("from", "to"):
            text = getattr(given, f"{what}_{end}")
            if text is not None:
                query[f"{what}{end.title()}"] = to_ms(f"--{what}-{end}", text, now)
    with spelled(type="--type", status="--status", hasErrors="--has-errors", _size="--size", _offset="--offset"):
        return JobQuery.parse(query)


async def _pages(conn: Connection, app: str | None, query: JobQuery) -> tuple[list[Job], bool]:
    """The jobs, and whether there are more behind them."""
    jobs: list[Job] = []
    after: UUID | None = None
    while len(jobs) < query.size:
        limit = min(PAGE, query.size - len(jobs))
        page = await search.find_page(conn, app, query, limit=limit, after=after)
        jobs += page.jobs
        after = page.after
        if after is None:
            break
    return jobs, after is not None


def _say_count(count: int, output: Output) -> Exit:
    if output.as_json:
        output.document({"count": count})
    else:
        output.line(str(count))
    return Exit.DONE


def _print(jobs: Sequence[Job], now: datetime, output: Output) -> None:
    rows = [_row(job, now) for job in jobs]
    styles = {str(job.id): status_style(job) for job in jobs}

    def paint(column: int, text: str, row: Sequence[str]) -> str:
        return output.paint(text, styles[row[0]]) if column == 1 else text

    for line in table(_HEADER, rows, width=output.width(), right=(3, 4), paint=paint):
        output.line(line)


def _row(job: Job, now: datetime) -> list[str]:
    progress = f" {job.progress}%" if job.progress and not job.status.is_final else ""
    return [
        str(job.id),
        f"{status_word(job)}{progress}",
        local(job.created_at, now),
        duration(job.waiting_ms(now)),
        duration(job.duration_ms(now)) if job.started_at else "-",
        job.type.value,
        job.app,
        flat(job.label),
    ]
