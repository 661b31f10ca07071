"""Makes plain jobs by COPY, in its binary format: it costs PostgreSQL two thirds of what a statement with arrays does.

Plain is a job that needs nothing but its rows: not urgent, without parent, unique key or concurrency key. The rows are
those of `headrace.make_jobs` (sql/migrations/0210_make_jobs.sql).
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from engine.db.pool import Connection
from engine.db.sql import load
from engine.jobs.prepared import Prepared
from engine.model import NewJob

# Fewer cost PostgreSQL as much by a statement: a COPY makes a slot for each of its first thousand rows, and PostgreSQL
# 18 keeps account of these in a hash where all of them collide, which takes 1 us a row and table.
FEWEST = 1000
# More lanes than that are told of as "something" (migration 0210).
_MOST_LANES = 16

_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ID = struct.pack(">i", 16)
_JOBS = (
    *("id", "archived", "root_id", "app", "queue", "type", "name", "status", "low_priority", "max_attempts"),
    *("timeout_ms", "app_version", "run_by", "concurrency_limit", "created_at", "ready_at"),
)
_PARAMS = ("job_id", "label", "spec")
_LATER = ("job_id", "ready_at")
_READY = ("leaf", "app", "queue", "priority", "rank", "job_id")


def fits(ready: Prepared) -> bool:
    """Whether these jobs can be made by COPY."""
    return all(_plain(job) for _, job in ready.kinds)


def _plain(job: NewJob) -> bool:
    return (job.urgent, job.parent_id, job.unique_key, job.concurrency_key) == (False, None, None, None)


async def insert(conn: Connection, chunks: Iterable[Prepared], *, wake: bool) -> list[UUID]:
    """The ids of jobs that fit, made in the caller's transaction.

    PostgreSQL is busy with a chunk while the next one is taken. What `chunks` raises, this raises.
    """
    begin = await conn.fetchrow(load("jobs_copy_begin"))
    assert begin is not None
    at, leaf = (begin["at"] - _EPOCH) // _MICROSECOND, begin["leaf"]
    made: list[Prepared] = []
    await _copy(conn, "jobs_live", _JOBS, _each(_noted(chunks, made), lambda ready: _jobs(ready, at)))
    await _copy(conn, "job_params", _PARAMS, _each(made, _params))
    now = [ready for ready in made if not all(job.delay_ms for _, job in ready.kinds)]
    later = [ready for ready in made if any(job.delay_ms for _, job in ready.kinds)]
    if now:
        ranks = count(at)
        await _copy(conn, f"job_ready_{leaf}", _READY, _each(now, lambda ready: _entries(ready, leaf, ranks)))
    if later:
        await _copy(conn, "job_later", _LATER, _each(later, lambda ready: _later(ready, at)))
    await _tell(conn, made, wake)
    return [id for ready in made for id in ready.ids]


async def _copy(conn: Connection, table: str, columns: Sequence[str], source: AsyncIterator[bytes]) -> None:
    await conn.copy_to_table(table, schema_name="headrace", columns=columns, format="binary", source=source)


def _noted(chunks: Iterable[Prepared], made: list[Prepared]) -> Iterator[Prepared]:
    for ready in chunks:
        made.append(ready)
        yield ready


async def _each(chunks: Iterable[Prepared], rows: Callable[[Prepared], list[bytes]]) -> AsyncIterator[bytes]:
    yield _BEGIN
    for ready in chunks:
        yield b"".join(rows(ready))
        # Its turn ends here once, so that the rows are sent before the next ones are made.
        await asyncio.sleep(0)
    yield _END


async def _tell(conn: Connection, made: Sequence[Prepared], wake: bool) -> None:
    jobs = [job for ready in made for _, job in ready.kinds]
    found = await conn.fetchrow(load("jobs_copied"), list({job.app for job in jobs}), _lanes(jobs) if wake else [])
    assert found is not None
    if found["listening"]:
        await conn.execute(
            load("jobs_created"),
            [
                id
                for ready in made
                for id, job in zip(ready.ids, ready.jobs, strict=True)
                if job.app in found["listening"]
            ],
        )


def _lanes(jobs: Iterable[NewJob]) -> list[str]:
    lanes = {"" if job.delay_ms else f"{job.app} {job.queue}" for job in jobs}
    return list(lanes) if len(lanes) <= _MOST_LANES else [""]


def _jobs(ready: Prepared, at: int) -> list[bytes]:
    head = _count(_JOBS) + _ID
    archived_and_root = _bool(False) + _ID
    tails = [_tail(ms, job, at) for ms, job in ready.kinds]
    return [
        head + id + archived_and_root + id + tails[kind - 1]
        for id, kind in zip(ready.keys(), ready.numbers, strict=True)
    ]


def _tail(ms: int, job: NewJob, at: int) -> bytes:
    created = ms * 1000 - (_EPOCH - datetime.fromtimestamp(0, UTC)) // _MICROSECOND
    return b"".join(
        (
            *map(_text, (job.app, job.queue, job.type, job.name, "PENDING")),
            _bool(job.low_priority),
            _number("h", job.max_attempts),
            _number("i", job.timeout_ms),
            _number("i", job.app_version),
            _text(job.run_by),
            _number("i", job.concurrency_limit),
            _number("q", created),
            _number("q", _due(job, at)),
        )
    )


def _params(ready: Prepared) -> list[bytes]:
    head = _count(_PARAMS) + _ID
    labels = [_text(job.label) for _, job in ready.kinds]
    length = struct.Struct(">i").pack
    specs = [spec.encode() for spec in ready.specs()]
    return [
        # 1 is the version of jsonb's binary format, which is its text.
        b"%b%b%b%b\x01%b" % (head, id, labels[kind - 1], length(len(spec) + 1), spec)
        for id, kind, spec in zip(ready.keys(), ready.numbers, specs, strict=True)
    ]


def _entries(ready: Prepared, leaf: int, ranks: Iterator[int]) -> list[bytes]:
    heads = [None if job.delay_ms else _entry(job, leaf) for _, job in ready.kinds]
    # In their order, and each with a rank of its own, by which claims leave behind what is dead. To make a job takes
    # longer than a microsecond, so no rank is of a time to come.
    place = struct.Struct(">iqi").pack
    return [
        head + place(8, rank, 16) + id
        for id, kind, rank in zip(ready.keys(), ready.numbers, ranks, strict=False)
        if (head := heads[kind - 1]) is not None
    ]


def _entry(job: NewJob, leaf: int) -> bytes:
    priority = _number("h", 2 if job.low_priority else 1)
    return b"".join((_count(_READY), _number("h", leaf), _text(job.app), _text(job.queue), priority))


def _later(ready: Prepared, at: int) -> list[bytes]:
    head = _count(_LATER) + _ID
    times = [_number("q", _due(job, at)) if job.delay_ms else None for _, job in ready.kinds]
    return [
        head + id + time
        for id, kind in zip(ready.keys(), ready.numbers, strict=True)
        if (time := times[kind - 1]) is not None
    ]


def _due(job: NewJob, at: int) -> int:
    return at + job.delay_ms * 1000


def _count(columns: Sequence[str]) -> bytes:
    return struct.pack(">h", len(columns))


def _text(value: str | None) -> bytes:
    if value is None:
        return _NULL
    data = value.encode()
    return struct.pack(">i", len(data)) + data


def _number(size: str, value: int | None) -> bytes:
    return _NULL if value is None else struct.pack(f">i{size}", struct.calcsize(f">{size}"), value)


def _bool(value: bool) -> bytes:
    return struct.pack(">i?", 1, value)
