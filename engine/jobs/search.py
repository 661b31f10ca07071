"""Finds jobs by the query of seed 003: newest created first, in pages, within one app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, select, text

from engine.db import search
from engine.db.pool import Connection
from engine.db.tables import job_params, job_progress, jobs, users
from engine.ids import floor_id
from engine.jobs import filters
from engine.model import Job, JobType, Status, check_job_id

KEYS = frozenset(
    {
        "type",
        "status",
        "startFrom",
        "startTo",
        "endFrom",
        "endTo",
        "createFrom",
        "createTo",
        "hasErrors",
        "_size",
        "_offset",
    }
)
DEFAULT_SIZE = 20
# Ids carry the time of whoever made the job, starts and ends that of PostgreSQL: how far the clocks may be apart.
CLOCKS_MS = 10 * 60 * 1000
# Few jobs are longer than this between creation and end: those have an index of their own (jobs_history_long).
LONG_MS = 3_600_000
_LONG = jobs.c.ended_at - jobs.c.created_at > text("interval '1 hour'")


@dataclass(frozen=True, slots=True)
class Page:
    """Jobs of a page, and the id behind which the next one begins, if there is one."""

    jobs: list[Job]
    after: UUID | None


@dataclass(frozen=True, slots=True)
class JobQuery:
    """A checked query: conditions on the table jobs, and how many to find.

    Every job that it finds started or ended at `since_ms` or later, if that is given.
    """

    where: tuple[ColumnElement[bool], ...]
    size: int
    offset: int
    since_ms: int | None = None

    @classmethod
    def parse(cls, query: object, *, size: int = DEFAULT_SIZE) -> JobQuery:
        """The query if every key and value is allowed; else BadRequest."""
        given = filters.check_query(query, KEYS)
        return cls(
            where=tuple(_conditions(given)),
            size=filters.whole("_size", given.get("_size", size), low=1, high=filters.MAX_SIZE),
            offset=filters.whole("_offset", given.get("_offset", 0), high=10_000_000),
            since_ms=_since(given),
        )


def _conditions(given: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if "type" in given:
        where.append(jobs.c.type.in_([kind.value for kind in filters.comma_list("type", given["type"], JobType)]))
    if "status" in given:
        wanted = filters.comma_list("status", given["status"], Status)
        where.append(jobs.c.status.in_([status.value for status in wanted]))
        where.extend(_partition(wanted))
    if "hasErrors" in given:
        # Not `is true`, in which PostgreSQL does not see the condition of the partial indexes.
        failed = filters.flag("hasErrors", given["hasErrors"])
        where.append(jobs.c.has_errors if failed else not_(jobs.c.has_errors))
    for key, column in (("start", jobs.c.started_at), ("end", jobs.c.ended_at)):
        where.extend(_range(key, column, given))
    # The id begins with the time of creation: a range of ids is a range of months as well.
    if "createFrom" in given:
        where.append(jobs.c.id >= floor_id(filters.milliseconds("createFrom", given["createFrom"])))
    if "createTo" in given:
        where.append(jobs.c.id < floor_id(filters.milliseconds("createTo", given["createTo"]) + 1))
    return where


def _since(given: Mapping[str, Any]) -> int | None:
    bounds = [filters.milliseconds(key, given[key]) for key in ("startFrom", "endFrom") if key in given]
    return max(bounds, default=None)


def _partition(wanted: list[Status]) -> list[ColumnElement[bool]]:
    """Only the history, or only the live table, where the statuses allow it."""
    final = {status.is_final for status in wanted}
    return [jobs.c.archived.is_(final.pop())] if len(final) == 1 else []


def _range(key: str, column: ColumnElement[Any], given: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if f"{key}From" in given:
        where.append(column >= filters.at(filters.milliseconds(f"{key}From", given[f"{key}From"])))
    if f"{key}To" in given:
        until = filters.milliseconds(f"{key}To", given[f"{key}To"])
        where.append(column < filters.end_of(until))
        # Nothing starts before it is created: the ids beyond are not worth reading.
        where.append(jobs.c.id < floor_id(until + CLOCKS_MS))
    return where


def _select(app: str | None, query: JobQuery) -> Select[Any]:
    table = (
        jobs.outerjoin(job_params, job_params.c.job_id == jobs.c.id)
        .outerjoin(job_progress, job_progress.c.job_id == jobs.c.id)
        .outerjoin(users, and_(users.c.app == jobs.c.app, users.c.id == jobs.c.run_by))
    )
    progress = case((jobs.c.status == "FINISHED", 100), else_=func.coalesce(job_progress.c.progress, 0))
    return (
        select(
            jobs,
            job_params.c.label,
            job_params.c.spec,
            users.c.name.label("run_by_name"),
            job_progress.c.status_message,
            progress.label("progress"),
        )
        .select_from(table)
        .where(*_scope(app), *query.where)
        .order_by(jobs.c.id.desc())
    )


async def find_page(
    conn: Connection, app: str | None, query: JobQuery, *, limit: int, after: str | UUID | None = None
) -> Page:
    """Up to `limit` of the app's jobs, behind the job `after` (the offset counts on the first page only).

    An operator of the whole platform asks for every app's with None; nothing that an app calls may.
    """
    statement = _select(app, query)
    offset = query.offset if after is None else 0
    if after is not None:
        statement = statement.where(jobs.c.id < check_job_id(after, "cursor"))
    rows = await _first(conn, statement, query, limit + 1, offset)
    page = rows[:limit]
    return Page(page, page[-1].id if len(rows) > limit else None)


async def _first(conn: Connection, statement: Select[Any], query: JobQuery, most: int, offset: int) -> list[Job]:
    """The newest that match.

    A start or an end says nothing of the id, and PostgreSQL, which merges the months, reads each one up to its first
    match: all of an old month, which has none. So the ids since then are asked first, and they come first; behind
    them only live jobs can match, and those that took long.
    """
    if query.since_ms is None or offset:
        return await _fetched(conn, statement.limit(most).offset(offset))
    recent = floor_id(max(0, query.since_ms - LONG_MS - CLOCKS_MS))
    rows = await _fetched(conn, statement.where(jobs.c.id >= recent).limit(most))
    if len(rows) < most:
        for older in (jobs.c.archived.is_(False), and_(jobs.c.archived.is_(True), _LONG)):
            rows += await _fetched(conn, statement.where(jobs.c.id < recent, older).limit(most))
    return sorted(rows, key=lambda job: job.id, reverse=True)[:most]


async def _fetched(conn: Connection, statement: Select[Any]) -> list[Job]:
    return [Job.from_row(row) for row in await search.fetch(conn, statement)]


async def count(conn: Connection, app: str | None, query: JobQuery) -> int:
    """All jobs that match, whatever the size of the query; `app` as in `find_page`."""
    statement = select(func.count()).select_from(jobs).where(*_scope(app), *query.where)
    return int(await search.fetchval(conn, statement))


def _scope(app: str | None) -> list[ColumnElement[bool]]:
    return [] if app is None else [jobs.c.app == app]
