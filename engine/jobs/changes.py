"""The changes of jobs that their own rows do not show."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from engine.db.pool import Connection
from engine.db.sql import load


async def record_change(
    conn: Connection, event: str, jobs: Sequence[tuple[UUID, int]], *, detail: str | None = None
) -> None:
    """Leaves a row in job_changes for each (id, attempt), in the transaction of the change."""
    if jobs:
        await conn.execute(
            load("job_changes_insert"), [id for id, _ in jobs], event, [attempt for _, attempt in jobs], detail
        )
