"""The changes of jobs that their own rows do not show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from engine.db.pool import Connection
from engine.db.sql import load


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a job at a time, during or after its attempt number `attempt`."""

    at: datetime
    event: str
    attempt: int
    detail: str | None


async def of_job(conn: Connection, app: str, job_id: UUID) -> list[Change]:
    """The changes of the app's job, oldest first; none if the app has no such job."""
    return [Change(**row) for row in await conn.fetch(load("job_changes"), job_id, app)]


async def record_change(
    conn: Connection, event: str, jobs: Sequence[tuple[UUID, int]], *, detail: str | None = None
) -> None:
    """Leaves a row in job_changes for each (id, attempt), in the transaction of the change."""
    if jobs:
        await conn.execute(
            load("job_changes_insert"), [id for id, _ in jobs], event, [attempt for _, attempt in jobs], detail
        )
