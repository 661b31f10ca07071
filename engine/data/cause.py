"""On whose behalf a record changes: what the events of the change carry on."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Cause:
    """The user, and the root of the tree of jobs in which it happens; both None for the platform itself.

    The root tells how deep in a chain of listeners the event lies (migration 0052).
    """

    run_by: str | None = None
    root_id: UUID | None = None


NOBODY = Cause()
