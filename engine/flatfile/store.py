"""Jobs of handlers as Flatfile's doors see them, and what the doors keep beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.db.pool import Connection
from engine.db.sql import load
from engine.errors import NotFound
from engine.flatfile.words import Phase, Told, Word, word
from engine.model import Status

_MADE = ("status", "later", "params", "config", "known", "told")


@dataclass(frozen=True, slots=True)
class FlatfileJob:
    """A job as it was read. `remote` says that a worker over HTTP holds it, `listening` that it is a listener, which
    got it as an event; else somebody acknowledged it by its bare id. `overdue`: its attempt takes too long. `follows`:
    it waits for predecessors."""

    id: UUID
    app: str
    name: str
    status: Status
    attempt: int
    failures: int
    max_attempts: int
    run_by: str | None
    parent_id: UUID | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    later: bool
    worker_id: UUID | None
    progress: int
    params: Mapping[str, Any]
    results: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    config: Mapping[str, Any]
    known: bool
    phase: Phase
    info: str | None
    plan: Mapping[str, Any] | None
    estimated_completion_at: datetime | None
    acknowledged_at: datetime | None
    updated_at: datetime
    told: Told
    timeout_ms: int | None
    overdue: bool
    remote: bool
    listening: bool
    follows: bool

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> FlatfileJob:
        """A job from a row of flatfile_get.sql."""
        values = {name: row[name] for name in _SAME}
        return cls(
            **values,
            status=Status(row["status"]),
            later=bool(row["later"]),
            params=row["params"] or {},
            config=named(row["name"]) if row["config"] is None else row["config"],
            known=row["config"] is not None,
            told=Told(row["told_status"], row["told_attempts"]),
        )

    @property
    def word(self) -> Word:
        """Its status in the vendor's words."""
        held = self.worker_id is not None
        return word(self.status, phase=self.phase, later=self.later, held=held, failed=self.error is not None)

    @property
    def left(self) -> Mapping[str, Any]:
        """What its handler left: outcome and info."""
        results = self.results or {}
        response = results.get("results", {}).get("response") if "results" in results else results
        return response if isinstance(response, Mapping) else {}


# The columns whose names and values are the fields'.
_SAME = [field.name for field in fields(FlatfileJob) if field.name not in _MADE]


def named(name: str) -> dict[str, Any]:
    """What a handler's name says of a job that came through another door: "space:configure"."""
    kind, _, operation = name.rpartition(":")
    return {"type": kind or "app", "operation": operation, "source": "", "trigger": "immediate"}


async def get(conn: Connection, app: str, job_id: UUID) -> FlatfileJob:
    """The app's job; NotFound if it has none of this id, it is no handler's, or it was deleted."""
    found = await get_many(conn, app, [job_id])
    if not found:
        raise NotFound(f"there is no job {job_id} of a handler in this app", additional_info={"jobId": str(job_id)})
    return found[0]


async def get_many(conn: Connection, app: str, ids: Sequence[UUID]) -> list[FlatfileJob]:
    """Those of the jobs that are there, in the order of their ids."""
    rows = await conn.fetch(load("flatfile_get"), list(ids), app) if ids else []
    return [FlatfileJob.from_row(row) for row in rows]


async def held(conn: Connection, app: str, job_id: UUID) -> FlatfileJob:
    """The job, locked while it is live, known to the doors from now on. In a transaction; errors as in `get`."""
    await conn.execute(load("flatfile_lock"), job_id, app)
    job = await get(conn, app, job_id)
    if not job.known:
        await remember(conn, app, [(job_id, job.config, "ready")])
    # In this order, and before the feed's lock: whoever waits for that has all of its rows.
    await conn.execute(load("flatfile_jobs_lock"), [job_id])
    return await get(conn, app, job_id)


async def remember(conn: Connection, app: str, jobs: Sequence[tuple[UUID, Mapping[str, Any], str]]) -> None:
    """Keeps what these jobs (id, config, phase) are in the vendor's words; what is known stays as it is."""
    await conn.execute(
        load("flatfile_insert"),
        [id for id, _, _ in jobs],
        app,
        [dict(config) for _, config, _ in jobs],
        [phase for _, _, phase in jobs],
    )


async def update(
    conn: Connection,
    job_id: UUID,
    *,
    config: Mapping[str, Any] | None = None,
    phase: Phase | None = None,
    info: str | None = None,
    plan: Mapping[str, Any] | None = None,
    estimated_completion_at: datetime | None = None,
    acknowledged_at: datetime | None = None,
    deleted: bool = False,
) -> None:
    """Changes what the doors keep of a job; None leaves what is there, `config` is merged."""
    merged, planned = (None if value is None else dict(value) for value in (config, plan))
    await conn.execute(
        load("flatfile_update"), job_id, merged, phase, info, planned, estimated_completion_at, acknowledged_at, deleted
    )


@dataclass(frozen=True, slots=True)
class Filter:
    """Which jobs a list has: the parameters of the vendor's `jobs.list`."""

    environment_id: str | None = None
    space_id: str | None = None
    workbook_id: str | None = None
    file_id: str | None = None
    parent_id: str | None = None
    source: str | None = None
    exclude_child_jobs: bool = False
    oldest_first: bool = False


async def page(conn: Connection, app: str, wanted: Filter, *, size: int, number: int) -> tuple[list[FlatfileJob], int]:
    """Page `number` (from 1) of the app's jobs that the doors know, newest first, and how many there are in all."""
    found = await conn.fetchrow(
        load("flatfile_list"),
        app,
        wanted.environment_id,
        wanted.space_id,
        wanted.workbook_id,
        wanted.file_id,
        wanted.parent_id,
        wanted.source,
        wanted.exclude_child_jobs,
        wanted.oldest_first,
        size,
        (number - 1) * size,
    )
    assert found is not None
    jobs = await get_many(conn, app, found["ids"])
    return (jobs if wanted.oldest_first else jobs[::-1]), found["total"]
