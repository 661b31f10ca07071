"""Watching jobs over HTTP: the stream of events, resumed and shared, and waiting for a status."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from engine import app
from engine.db.pool import Pool
from engine.errors import BadRequest
from engine.jobs import follow
from engine.jobs.feed import RING, Feed
from engine.jobs.follow import Changed, Ended, Line
from engine.jobs.journal import Line as NewLine
from engine.jobs.journal import append_lines
from engine.jobs.seen import Position, Seen
from engine.model import LogLevel
from tests.patience import patience
from tests.web.conftest import SETTINGS, Api, Caller, no_check


async def write(pool: Pool, job_id: UUID, *texts: str) -> None:
    async with pool.transaction() as conn:
        await append_lines(conn, [NewLine(job_id, 1_760_000_000_000, LogLevel.INFO, text) for text in texts])


async def events(caller: Caller, job_id: UUID, last: str | None = None) -> list[dict[str, Any]]:
    """What one connection brings until it closes."""
    headers = {} if last is None else {"Last-Event-ID": last}
    response = await caller.send("GET", f"/apps/crm/jobs/{job_id}/events", headers=headers)
    assert response.headers["content-type"].startswith("text/event-stream")
    blocks = [block for block in response.text.split("\n\n") if block.startswith("id:")]
    found = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]
    return [{**event, "data": json.loads(event["data"])} for event in found]


@pytest.fixture
async def steady(api: Api) -> AsyncIterator[Caller]:
    """Ann at a server whose streams last as long as their jobs."""
    settings = dataclasses.replace(SETTINGS, api_stream_ms=600_000)
    async with app.open_api(settings, api.pool, no_check) as server:
        serving = asyncio.create_task(server.run())
        async with httpx.AsyncClient(base_url=server.url, timeout=120) as http:
            yield Caller(http, await api.token())
        server.stop()
        await serving


async def test_a_stream_tells_state_lines_and_end(api: Api, steady: Caller) -> None:
    """The state comes first, then the log, then the end with the whole job; after that 204 keeps readers away."""
    job_id = await api.job()
    await write(api.pool, job_id, "one", "two")
    await steady("POST", f"/apps/crm/jobs/{job_id}/cancel")
    told = await events(steady, job_id)
    assert [event["event"] for event in told] == ["job", "log", "log", "end"]
    assert [event["data"]["message"] for event in told[1:3]] == ["one", "two"]
    assert told[-1]["data"] == await steady("GET", f"/apps/crm/jobs/{job_id}")
    again = await steady.send("GET", f"/apps/crm/jobs/{job_id}/events", headers={"Last-Event-ID": told[-1]["id"]})
    assert (again.status_code, again.content) == (204, b"")


def messages(told: list[dict[str, Any]]) -> list[str]:
    """Of the lines among these events."""
    return [event["data"]["message"] for event in told if event["event"] == "log"]


async def test_a_reader_that_comes_back_misses_and_repeats_nothing(api: Api, ann: Caller, steady: Caller) -> None:
    """Streams close now and then; with Last-Event-ID the next one goes on behind what the reader had."""
    job_id = await api.job()
    await write(api.pool, job_id, "one", "two")
    told: list[dict[str, Any]] = []
    async with patience("two lines"):
        while len(messages(told)) < 2:
            told += await events(ann, job_id, told[-1]["id"] if told else None)
    assert messages(told) == ["one", "two"]
    await write(api.pool, job_id, "three")
    await ann("POST", f"/apps/crm/jobs/{job_id}/cancel")
    rest = await events(steady, job_id, next(event["id"] for event in told if event["event"] == "log"))
    assert messages(rest) == ["two", "three"]
    assert rest[-1]["event"] == "end"
    error = await ann("GET", f"/apps/crm/jobs/{job_id}/events", 400, headers={"Last-Event-ID": "x"})
    assert error["additionalInfo"]["field"] == "Last-Event-ID"


async def test_waiting_ends_at_the_status_or_the_time(api: Api, ann: Caller) -> None:
    """A status that is there answers at once, one that comes is waited for, one that does not is 408."""
    one = f"/apps/crm/jobs/{await api.job()}"
    assert (await ann("GET", f"{one}/wait", params={"status": "PENDING", "maxMs": 0}))["status"] == "PENDING"
    error = await ann("GET", f"{one}/wait", 408, params={"maxMs": 10})
    assert (error["code"], error["additionalInfo"]["status"]) == ("timeout", "PENDING")
    await ann("POST", f"{one}/cancel")
    assert (await ann("GET", f"{one}/wait"))["status"] == "CANCELED"


async def collect(feed: Feed, job_id: UUID, start: Position = Position()) -> list[follow.Event]:  # noqa: B008
    return [event async for event in follow.follow(feed, job_id, start)]


async def looked(feed: Feed, rounds: int) -> None:
    """Returns when the feed has asked the database so often."""
    async with patience(f"{rounds} rounds of the feed"):
        while feed.rounds < rounds:  # noqa: ASYNC110 - the feed tells nobody of its rounds
            await asyncio.sleep(0.01)


async def test_a_thousand_watchers_are_one_look(api: Api, ann: Caller) -> None:
    """However many watch one job, the database is asked once a round, and each watcher is told everything."""
    job_id = await api.job()
    feed = Feed(api.pool, round_s=0.2)
    began = time.monotonic()
    watchers = [asyncio.create_task(collect(feed, job_id)) for _ in range(1000)]
    await looked(feed, 3)
    await write(api.pool, job_id, "late")
    await ann("POST", f"/apps/crm/jobs/{job_id}/cancel")
    told = await asyncio.gather(*watchers)
    assert feed.rounds <= (time.monotonic() - began) / 0.2 + 1
    for events_of_one in told:
        assert [event.line.message for event in events_of_one if isinstance(event, Line)] == ["late"]
        assert isinstance(events_of_one[-1], Ended)
    await feed.close()


async def test_a_slow_watcher_reads_on_from_the_database(api: Api, ann: Caller) -> None:
    """Whoever falls out of the ring misses nothing and gets nothing twice."""
    job_id = await api.job()
    feed = Feed(api.pool, round_s=0.01)
    stream = follow.follow(feed, job_id, Position())
    assert isinstance(await anext(stream), Changed)
    await write(api.pool, job_id, "first")
    assert isinstance(await anext(stream), Line)
    rounds = feed.rounds
    texts = [str(n) for n in range(RING + 500)]
    await write(api.pool, job_id, *texts)
    await looked(feed, rounds + 10)
    await ann("POST", f"/apps/crm/jobs/{job_id}/cancel")
    assert [event.line.message async for event in stream if isinstance(event, Line)] == texts
    await feed.close()


async def test_a_line_that_commits_late_is_told(api: Api, ann: Caller) -> None:
    """A line with a lower number than one that was seen already comes all the same, also over a reconnection."""
    job_id = await api.job()
    feed = Feed(api.pool, round_s=0.01)
    stream = follow.follow(feed, job_id, Position())
    await anext(stream)
    async with api.pool.transaction() as slow:
        await append_lines(slow, [NewLine(job_id, 1_760_000_000_000, LogLevel.INFO, "late")])
        await write(api.pool, job_id, "early")
        early = await anext(stream)
        assert isinstance(early, Line)
        assert early.line.message == "early"
    late = await anext(stream)
    assert isinstance(late, Line)
    assert late.line.message == "late"
    await stream.aclose()
    await ann("POST", f"/apps/crm/jobs/{job_id}/cancel")
    resumed = await collect(feed, job_id, early.position)
    assert "late" in [event.line.message for event in resumed if isinstance(event, Line)]
    assert [event for event in await collect(feed, job_id, late.position) if isinstance(event, Line)] == []
    await feed.close()


async def test_a_closed_feed_ends_its_watchers(api: Api) -> None:
    """A server that goes down does not keep its watchers; none is told that the job ended."""
    job_id = await api.job()
    feed = Feed(api.pool, round_s=0.01)
    watcher = asyncio.create_task(collect(feed, job_id))
    await looked(feed, 1)
    await feed.close()
    assert not any(isinstance(event, Ended) for event in await watcher)


def test_positions_come_back_as_they_were() -> None:
    """The text of a position is read back; anything else is refused."""
    for position in (Position(), Position(7, 3, 2), Position(7, 3, 2, ended=True)):
        assert Position.parse(position.text()) == position
    for wrong in ("", "1", "1.2", "1.2.x", "-1.0.0", "1.2.3.end.end", "9" * 30 + ".0.0"):
        with pytest.raises(BadRequest):
            Position.parse(wrong)


def test_the_floor_rises_over_what_has_settled() -> None:
    """Lines seen long ago are known by the floor alone; newer ones one by one."""
    seen = Seen()
    seen.add(1, 0.0)
    seen.add(3, 4.0)
    seen.settle(6.0)
    assert (seen.floor, 2 in seen, 1 in seen, 3 in seen, 4 in seen) == (1, False, True, True, False)
    assert seen.position == Position(3, 1, 1)
