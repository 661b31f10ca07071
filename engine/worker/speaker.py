"""On whose behalf a line is logged: the worker's, and the attempt's that it makes."""

from __future__ import annotations

from contextvars import ContextVar
from uuid import UUID

from engine.jobs.queue import Claim

# Objects, not their texts: most attempts log nothing. One variable that is set, where structlog's own
# `bind_contextvars` took a microsecond of each attempt.
speaker: ContextVar[tuple[UUID, Claim | None] | None] = ContextVar("speaker", default=None)
