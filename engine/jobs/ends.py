"""Tells soon when jobs are over, for those who hold a connection open meanwhile.

However many wait, one look at the database a round. Rounds are short while something is new, since most of these jobs
take milliseconds, and longer the longer nothing ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from uuid import UUID

from engine.db import cancellation, chore
from engine.db.pool import Pool
from engine.db.sql import load
from engine.errors import HeadraceError

log = logging.getLogger(__name__)

FIRST_S, LONGEST_S, GROWTH = 0.004, 0.1, 1.25


class Ends:
    """The waits of one process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waits: dict[UUID, list[asyncio.Event]] = {}
        self._pauses = _pauses()
        self._rounds: asyncio.Task[None] | None = None

    async def wait(self, job_id: UUID, *, seconds: float) -> bool:
        """Whether the job is over within this time."""
        over = asyncio.Event()
        waits = self._waits.setdefault(job_id, [])
        waits.append(over)
        self._pauses = _pauses()
        if self._rounds is None or self._rounds.done():
            self._rounds = asyncio.create_task(self._look())
        try:
            await asyncio.wait_for(over.wait(), seconds)
        except TimeoutError:
            return False
        finally:
            waits.remove(over)
            if not waits:
                del self._waits[job_id]
        return True

    async def close(self) -> None:
        """Ends the rounds; who still waits reaches the time-out."""
        if self._rounds is not None:
            await cancellation.end(self._rounds)

    async def _look(self) -> None:
        while self._waits:
            await asyncio.sleep(next(self._pauses))
            try:
                over = await self._pool.fetch(load("job_over"), list(self._waits))
            except HeadraceError as error:
                log.warning("nobody hears of jobs that end: %s", error)
                continue
            for row in over:
                for wait in self._waits.get(row["id"], ()):
                    wait.set()
            # Those who were told are still on their way out.
            await asyncio.sleep(0)


def _pauses() -> Iterator[float]:
    return chore.growing(FIRST_S, LONGEST_S, growth=GROWTH)
