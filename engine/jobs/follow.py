"""One watcher of one job: its changes and its log from any position on, until it ends; and waits for a status."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from engine.db.sql import load
from engine.errors import NotFound, WaitTimeout
from engine.jobs.feed import Feed, JobState, Topic
from engine.jobs.logs import line_of
from engine.jobs.seen import Position, Seen
from engine.model import LogLine, Status

PAGE = 500
# More lines than this above a floor are not counted again: the follower goes on behind the floor.
_MOST_KNOWN = 100_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log."""

    line: LogLine
    position: Position


@dataclass(frozen=True, slots=True)
class Changed:
    """The job's state, at first and after each change."""

    state: JobState
    position: Position


@dataclass(frozen=True, slots=True)
class Ended:
    """The job is over and everything was told. `state` is None if its rows are gone."""

    state: JobState | None
    position: Position


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing happened for a while."""


Event = Line | Changed | Ended | Quiet


async def follow(feed: Feed, job_id: UUID, start: Position, *, quiet_s: float = 15.0) -> AsyncGenerator[Event, None]:
    """The job's state and its lines behind the position, then all that happens, until it ends or the feed closes.

    The caller has checked that the job is its own.
    """
    async with feed.watch(job_id) as topic:
        follower = _Follower(feed, topic, await _resumed(feed, job_id, start))
        async for event in follower.events(quiet_s):
            yield event


async def wait(feed: Feed, job_id: UUID, wanted: Collection[Status], *, max_ms: int) -> Status:
    """The status, once it is one of the wanted; WaitTimeout after `max_ms`, or when the feed closes."""
    deadline = time.monotonic() + max_ms / 1000
    async with feed.watch(job_id) as topic:
        while True:
            changed, state = topic.changed, topic.state
            if state is None:
                raise NotFound(f"there is no job {job_id} any more", additional_info={"jobId": str(job_id)})
            if state.status in wanted:
                return state.status
            left = deadline - time.monotonic()
            if left <= 0 or topic.closed:
                raise WaitTimeout(
                    f"the job did not become {' or '.join(wanted)} within {max_ms} ms",
                    additional_info={"jobId": str(job_id), "status": state.status.value},
                )
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), left)


class _Follower:
    def __init__(self, feed: Feed, topic: Topic, seen: Seen) -> None:
        self._feed = feed
        self._topic = topic
        self._seen = seen
        self._index = topic.next

    async def events(self, quiet_s: float) -> AsyncIterator[Event]:
        topic, told = self._topic, self._topic.state
        settled = topic.seen.floor
        if told is not None:
            yield Changed(told, self._seen.position)
        async for stored in self._stored():
            yield stored
        self._seen.raise_floor(settled)
        while not topic.closed:
            changed, state = topic.changed, topic.state
            async for news in self._news():
                yield news
            if state is None or state.status.is_final:
                position = self._seen.position
                yield Ended(state, Position(position.mark, position.floor, position.known, ended=True))
                return
            if state != told:
                told = state
                yield Changed(state, self._seen.position)
            try:
                await asyncio.wait_for(changed.wait(), quiet_s)
            except TimeoutError:
                yield Quiet()

    async def _news(self) -> AsyncIterator[Line]:
        """The topic's new lines; from the database if this follower was too slow for the ring."""
        lines = self._topic.since(self._index)
        self._index = self._topic.next
        if lines is None:
            async for stored in self._stored():
                yield stored
            return
        for line in lines:
            if line.n not in self._seen:
                yield self._take(line)
        self._seen.settle(time.monotonic())

    async def _stored(self) -> AsyncIterator[Line]:
        """The lines in the database that were not seen; no connection is held while one is delivered."""
        behind = self._seen.floor
        while True:
            async with self._feed.pool.acquire() as conn:
                rows = await conn.fetch(load("feed_lines"), [self._topic.job_id], [behind], PAGE)
            for row in rows:
                if row["n"] not in self._seen:
                    yield self._take(line_of(row))
            if len(rows) < PAGE:
                return
            behind = rows[-1]["n"]

    def _take(self, line: LogLine) -> Line:
        self._seen.add(line.n, time.monotonic())
        return Line(line, self._seen.position)


async def _resumed(feed: Feed, job_id: UUID, start: Position) -> Seen:
    """What the follower saw before, if as many lines are there now as it knew; else only what lies below its floor."""
    seen = Seen(start.floor)
    async with feed.pool.acquire() as conn:
        rows = await conn.fetch(load("feed_known"), job_id, start.floor, start.mark, _MOST_KNOWN)
    if len(rows) == start.known:
        for row in rows:
            seen.add(row["n"], time.monotonic())
    return seen
