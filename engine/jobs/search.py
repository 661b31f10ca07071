"""Finds jobs by the query of seed 003: newest created first, in pages, within one app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine.db import search
from engine.db.pool import Connection
from engine.db.sql import load
from engine.ids import floor_id
from engine.jobs import filters, streams
from engine.jobs.filters import E
from engine.jobs.numbers import number
from engine.jobs.wanted import Span, Wanted
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


@dataclass(frozen=True, slots=True)
class Page:
    """Jobs of a page, and the id behind which the next one begins, if there is one."""

    jobs: list[Job]
    after: UUID | None


@dataclass(frozen=True, slots=True)
class JobQuery:
    """A checked query: which jobs, and how many to find."""

    wanted: Wanted
    size: int
    offset: int

    @classmethod
    def parse(cls, query: object, *, size: int = DEFAULT_SIZE) -> JobQuery:
        """The query if every key and value is allowed; else BadRequest."""
        given = filters.check_query(query, KEYS)
        return cls(
            wanted=_wanted(given),
            size=filters.whole("_size", given.get("_size", size), low=1, high=filters.MAX_SIZE),
            offset=filters.whole("_offset", given.get("_offset", 0), high=10_000_000),
        )


def _wanted(given: Mapping[str, Any]) -> Wanted:
    wanted = Wanted(
        types=_members("type", given, JobType),
        statuses=_members("status", given, Status),
        has_errors=filters.flag("hasErrors", given["hasErrors"]) if "hasErrors" in given else None,
        started=_span("start", given),
        ended=_span("end", given),
    )
    # The id begins with the time of creation: a range of ids is a range of months as well.
    created = _span("create", given)
    return wanted.between(
        wanted.low if created.since is None else floor_id(created.since),
        wanted.high if created.until is None else floor_id(created.until + 1),
    )


def _members(key: str, given: Mapping[str, Any], kind: type[E]) -> tuple[E, ...] | None:
    return tuple(dict.fromkeys(filters.comma_list(key, given[key], kind))) if key in given else None


def _span(key: str, given: Mapping[str, Any]) -> Span:
    since, until = (
        filters.milliseconds(f"{key}{end}", given[f"{key}{end}"]) if f"{key}{end}" in given else None
        for end in ("From", "To")
    )
    return Span(since, until)


async def find_page(
    conn: Connection, app: str | None, query: JobQuery, *, limit: int, after: str | UUID | None = None
) -> Page:
    """Up to `limit` of the app's jobs, behind the job `after` (the offset counts on the first page only).

    An operator of the whole platform asks for every app's with None; nothing that an app calls may.
    """
    wanted = query.wanted if after is None else query.wanted.before(check_job_id(after, "cursor"))
    offset = query.offset if after is None else 0
    streamed = streams.arguments(app, wanted, limit + 1 + offset)
    rows = [Job.from_row(row) for row in await conn.fetch(load("job_find"), *streamed, limit + 1, offset)]
    page = rows[:limit]
    return Page(page, page[-1].id if len(rows) > limit else None)


async def count(conn: Connection, app: str | None, query: JobQuery) -> int:
    """All jobs that match, whatever the size of the query; `app` as in `find_page`."""
    (row,) = await search.fetch_planned(conn, number(app, query.wanted))
    return int(row[0])
