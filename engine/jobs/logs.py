"""Reads the logs of jobs by the query of seed 003: oldest first, in pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_

from engine.db import search
from engine.db.pool import Connection
from engine.db.sql import load
from engine.db.tables import job_logs
from engine.errors import BadRequest
from engine.jobs import filters, store
from engine.model import LogLevel, LogLine

KEYS = frozenset({"level", "message", "from", "to", "period", "_size", "_offset"})
DEFAULT_SIZE = 200


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines of a page, and where the next one begins, if there is one."""

    lines: list[LogLine]
    next: str | None


@dataclass(frozen=True, slots=True)
class LogQuery:
    """A checked query: conditions on the table job_logs, and how many to find."""

    where: tuple[ColumnElement[bool], ...]
    size: int
    offset: int

    @classmethod
    def parse(cls, query: object, now: datetime) -> LogQuery:
        """The query if every key and value is allowed; else BadRequest. `now` is what periods count from."""
        given = filters.check_query(query, KEYS)
        where: list[ColumnElement[bool]] = []
        if "level" in given:
            where.append(job_logs.c.level == filters.member("level", given["level"], LogLevel).value)
        if "message" in given:
            where.append(job_logs.c.message.icontains(filters.text("message", given["message"]), autoescape=True))
        where.extend(_times(given, now))
        return cls(
            where=tuple(where),
            size=filters.whole("_size", given.get("_size", DEFAULT_SIZE), low=1, high=filters.MAX_SIZE),
            offset=filters.whole("_offset", given.get("_offset", 0), high=10_000_000),
        )


def _times(given: Any, now: datetime) -> list[ColumnElement[bool]]:
    """from and to win over period, which is checked all the same (seed 003, logs)."""
    start, end = filters.period("period", given["period"], now) if "period" in given else (None, None)
    if "from" in given or "to" in given:
        start = filters.at(filters.milliseconds("from", given["from"])) if "from" in given else None
        end = filters.end_of(filters.milliseconds("to", given["to"])) if "to" in given else None
    where: list[ColumnElement[bool]] = []
    if start is not None:
        where.append(job_logs.c.at >= start)
    if end is not None:
        where.append(job_logs.c.at < end)
    return where


async def find_page(
    conn: Connection, app: str, job_id: object, query: LogQuery, *, limit: int, after: str | None = None
) -> LogPage:
    """Up to `limit` lines of a job of the app, behind the cursor; NotFound if the app has no such job."""
    job = await store.get(conn, app, job_id)
    statement = (
        select(job_logs).where(job_logs.c.job_id == job.id, *query.where).order_by(job_logs.c.at, job_logs.c.n)
    ).limit(limit + 1)
    if after is not None:
        statement = statement.where(tuple_(job_logs.c.at, job_logs.c.n) > tuple_(*_cursor(after)))
    else:
        statement = statement.offset(query.offset)
    lines = [line_of(row) for row in await search.fetch(conn, statement)]
    page = lines[:limit]
    return LogPage(page, f"{page[-1].at.isoformat()}/{page[-1].n}" if len(lines) > limit else None)


async def newer(conn: Connection, job_id: UUID, n: int) -> list[LogLine]:
    """The lines that were written after line number `n`, for whoever watches the log grow."""
    statement = select(job_logs).where(job_logs.c.job_id == job_id, job_logs.c.n > n).order_by(job_logs.c.n)
    return [line_of(row) for row in await search.fetch(conn, statement)]


async def of_record(conn: Connection, job_id: UUID, record_id: str) -> Mapping[str, Any]:
    """{recordId, code, additionalInfo} of the error that an action's job ended with for a record; else empty."""
    found: Mapping[str, Any] | None = await conn.fetchval(load("log_of_record"), job_id, record_id)
    return found or {}


async def before_last(conn: Connection, job_id: UUID, count: int) -> int:
    """The number behind which the last `count` lines come, for `newer`."""
    last = select(job_logs.c.n).where(job_logs.c.job_id == job_id).order_by(job_logs.c.n.desc()).limit(1)
    if count == 0:
        return int(await search.fetchval(conn, last) or 0)
    first = await search.fetchval(conn, last.offset(count - 1))
    return 0 if first is None else int(first) - 1


async def count(conn: Connection, app: str, job_id: object, query: LogQuery) -> int:
    """All lines that match, whatever the size of the query; NotFound if the app has no such job."""
    job = await store.get(conn, app, job_id)
    statement = select(func.count()).select_from(job_logs).where(job_logs.c.job_id == job.id, *query.where)
    return int(await search.fetchval(conn, statement))


def _cursor(text: str) -> tuple[datetime, int]:
    try:
        at, n = text.rsplit("/", 1)
        return datetime.fromisoformat(at), int(n)
    except ValueError:
        raise BadRequest.field("cursor", text, "a cursor that a page returned") from None


def line_of(row: Any) -> LogLine:
    """A line from a row of job_logs."""
    return LogLine(row["job_id"], row["n"], row["at"], LogLevel(row["level"]), row["message"], row["additional_info"])
