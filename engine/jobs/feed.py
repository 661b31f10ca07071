"""Live jobs for whoever watches: however many watchers, one look at the database a round.

A watched job has one topic, shared by all its watchers. A topic keeps the job's state and its newest lines in a
ring that all watchers read at their own pace, so that a slow one costs no memory: whoever falls out of
the ring reads on from the database. Rounds happen only while somebody watches.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine.db import cancellation
from engine.db.pool import Connection, Pool
from engine.db.sql import load
from engine.errors import HeadraceError, NotFound
from engine.jobs.logs import line_of
from engine.jobs.seen import Seen
from engine.model import LogLine, Status

log = logging.getLogger(__name__)

ROUND_S = 0.5
RING = 1000
# Lines of one job in one round; a log that grows faster is shown a little later.
LINES_A_ROUND = 500
# How many of its newest lines a new topic takes for possibly unsettled.
_UNSETTLED = 100


@dataclass(frozen=True, slots=True)
class JobState:
    """What watchers are shown to change."""

    status: Status
    attempt: int
    progress: int
    status_message: str | None
    has_errors: bool
    low_priority: bool

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> JobState:
        """A state from a row of sql/queries/feed_states.sql."""
        return cls(
            Status(row["status"]),
            row["attempt"],
            row["progress"],
            row["status_message"],
            row["has_errors"],
            row["low_priority"],
        )


class Topic:
    """One watched job. `state` is None once the job's rows are gone; `changed` is set at the next change."""

    def __init__(self, job_id: UUID, state: JobState, seen: Seen) -> None:
        self.job_id = job_id
        self.state: JobState | None = state
        self.seen = seen
        self.watchers = 0
        self.closed = False
        self.changed = asyncio.Event()
        self.next = 0
        self._ring: deque[LogLine] = deque(maxlen=RING)

    def since(self, index: int) -> Sequence[LogLine] | None:
        """The lines from this index of the topic on; None if some of them have left the ring."""
        wanted = self.next - index
        return None if wanted > len(self._ring) else list(self._ring)[len(self._ring) - wanted :]

    def publish(self, state: JobState | None, lines: Sequence[LogLine], now: float) -> None:
        """What a round found; wakes the watchers if it is new."""
        fresh = [line for line in lines if line.n not in self.seen]
        for line in fresh:
            self.seen.add(line.n, now)
            self._ring.append(line)
            self.next += 1
        self.seen.settle(now)
        if fresh or state != self.state:
            self.state = state
            self.wake()

    def wake(self) -> None:
        """Watchers look again; those that come later wait for the next change."""
        self.changed.set()
        self.changed = asyncio.Event()


class Feed:
    """The topics of one process."""

    def __init__(self, pool: Pool, *, round_s: float = ROUND_S) -> None:
        self.pool = pool
        self.rounds = 0
        self._round_s = round_s
        self._topics: dict[UUID, Topic] = {}
        self._loop: asyncio.Task[None] | None = None
        self._closed = False

    @asynccontextmanager
    async def watch(self, job_id: UUID) -> AsyncIterator[Topic]:
        """The job's topic, kept current for the length of the block. NotFound if the job is gone."""
        topic = self._topics.get(job_id) or await self._open(job_id)
        topic.watchers += 1
        if self._loop is None or self._loop.done():
            self._loop = asyncio.create_task(self._look())
        try:
            yield topic
        finally:
            topic.watchers -= 1
            if not topic.watchers:
                self._topics.pop(job_id, None)

    async def close(self) -> None:
        """Ends what is watched: every watcher finds its topic closed."""
        self._closed = True
        for topic in self._topics.values():
            topic.closed = True
            topic.wake()
        if self._loop is not None:
            await cancellation.end(self._loop)

    async def _open(self, job_id: UUID) -> Topic:
        async with self.pool.acquire() as conn:
            states = await _states(conn, [job_id])
            newest = [row["n"] for row in await conn.fetch(load("feed_newest"), job_id, _UNSETTLED + 1)]
        if job_id not in states:
            raise NotFound(f"there is no job {job_id}", additional_info={"jobId": str(job_id)})
        seen = Seen(newest[_UNSETTLED] if len(newest) > _UNSETTLED else 0)
        for n in newest[:_UNSETTLED]:
            seen.add(n, time.monotonic())
        # Somebody else may have opened it while we asked: the first one counts.
        topic = self._topics.setdefault(job_id, Topic(job_id, states[job_id], seen))
        topic.closed = self._closed
        return topic

    async def _look(self) -> None:
        while self._topics:
            try:
                await self._round()
            except HeadraceError as error:
                log.warning("watchers see no news: %s", error)
            await asyncio.sleep(self._round_s)

    async def _round(self) -> None:
        """States first, then lines: a job that is over in the first look has all its lines in the second."""
        topics = list(self._topics.values())
        ids = [topic.job_id for topic in topics]
        most = LINES_A_ROUND + max((len(topic.seen) for topic in topics), default=0)
        async with self.pool.acquire() as conn:
            states = await _states(conn, ids)
            rows = await conn.fetch(load("feed_lines"), ids, [topic.seen.floor for topic in topics], most)
        lines: dict[UUID, list[LogLine]] = {}
        for row in rows:
            lines.setdefault(row["job_id"], []).append(line_of(row))
        self.rounds += 1
        for topic in topics:
            topic.publish(states.get(topic.job_id), lines.get(topic.job_id, ()), time.monotonic())


async def _states(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, JobState]:
    return {row["id"]: JobState.from_row(row) for row in await conn.fetch(load("feed_states"), ids)}
