"""Watching a job: its new log lines, its progress and its status, until it is over.

By asking, not by LISTEN: lines are written in batches every 200 ms anyway, and it works behind every proxy.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from engine.db.pool import Pool
from engine.jobs import logs, store
from engine.model import Job, LogLine, Status

POLL_S = 0.2
# Numbers of lines are given before their transactions commit, so a line may appear behind a later one.
# Looking back this many looks, 5 s, finds it; the host API's transactions last milliseconds.
_LOOK_BACK = 25


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at the job found: the job, the lines that are new, and whether it will not change by itself."""

    job: Job
    lines: list[LogLine]

    @property
    def over(self) -> bool:
        """Nothing more happens unless somebody resumes the job."""
        return self.job.status.is_final or self.job.status is Status.STOPPED


async def watch(
    pool: Pool, app: str, job_id: UUID, *, since: int = 0, poll_s: float = POLL_S, hurry: asyncio.Event | None = None
) -> AsyncIterator[Seen]:
    """What is new at each look, the first at once, the last when the job is over.

    `since` skips lines up to that number. `hurry` makes the next look come early. NotFound if the app has no such job.
    """
    lines = _Lines(since)
    early = hurry or asyncio.Event()
    while True:
        async with pool.acquire() as conn:
            # The job first: what it logged before it ended is then there to be read.
            job = await store.get(conn, app, job_id)
            new = lines.take(await logs.newer(conn, job_id, lines.horizon))
        seen = Seen(job, new)
        yield seen
        if seen.over:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(early.wait(), poll_s)
        early.clear()


class _Lines:
    """Which lines were seen: all up to the horizon, and some behind it."""

    def __init__(self, since: int) -> None:
        self._highest: deque[int] = deque([since], maxlen=_LOOK_BACK)
        self._seen: set[int] = set()

    @property
    def horizon(self) -> int:
        """The highest number that had been seen `_LOOK_BACK` looks ago."""
        return self._highest[0]

    def take(self, found: list[LogLine]) -> list[LogLine]:
        """Those that are new."""
        new = [line for line in found if line.n not in self._seen]
        self._seen.update(line.n for line in new)
        self._highest.append(max([self._highest[-1], *(line.n for line in new)]))
        self._seen = {n for n in self._seen if n > self.horizon}
        return new
