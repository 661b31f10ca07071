"""The connection by which a worker hears of jobs, and claims them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from engine.db import cancellation
from engine.db.pool import Connection, Pool
from engine.errors import DatabaseError, DatabaseUnavailable
from engine.jobs.ready import Lane
from engine.worker.loop import Worker
from engine.worker.wakeups import Wakeups
from tests.engine.hands import enqueue_one
from tests.engine.shop import LONG_S, Shop

CHANNELS = "select array(select pg_listening_channels())"


class Ear:
    """What is told of, in its order."""

    def __init__(self, pool: Pool) -> None:
        self.told: asyncio.Queue[str] = asyncio.Queue()
        self.warmed: list[Connection] = []
        self.lost = asyncio.Event()
        self.wakeups = Wakeups(pool, {"test_ear": self.told.put_nowait}, warm=self._warm, lost=self.lost.set)

    async def _warm(self, conn: Connection) -> None:
        assert await conn.fetchval(CHANNELS) == []
        self.warmed.append(conn)

    async def hears(self) -> str:
        """The next payload."""
        return await asyncio.wait_for(self.told.get(), LONG_S)


@pytest.fixture
async def ear(pool: Pool) -> AsyncIterator[Ear]:
    """One that listens."""
    found = Ear(pool)
    running = asyncio.create_task(found.wakeups.run())
    assert await found.hears() == ""
    yield found
    await cancellation.end(running)


async def test_who_is_woken_uses_the_connection_that_woke(ear: Ear, pool: Pool) -> None:
    """It was warmed before it listened, and is what `acquire` gives, time and again, while notifications come."""
    for payload in ("one", "two"):
        async with ear.wakeups.acquire() as conn:
            assert conn is ear.warmed[0]
            assert await conn.fetchval(CHANNELS) == ["test_ear"]
            await pool.execute("select pg_notify('test_ear', $1)", payload)
            assert await conn.fetchval("select jsonb_build_object('n', 1)") == {"n": 1}
        assert await ear.hears() == payload


async def test_its_errors_are_translated_and_leave_it_listening(ear: Ear, pool: Pool) -> None:
    """As on a connection of the pool."""
    with pytest.raises(DatabaseError, match="division by zero"):
        async with ear.wakeups.acquire() as conn:
            await conn.fetchval("select 1 / 0")
    await pool.execute("select pg_notify('test_ear', 'still')")
    assert await ear.hears() == "still"


async def test_without_it_the_pool_serves(pool: Pool) -> None:
    """Before it listens, and after it was lost; whoever it wakes again has a new one."""
    ear = Ear(pool)
    async with ear.wakeups.acquire() as conn:
        assert await conn.fetchval(CHANNELS) == []
    running = asyncio.create_task(ear.wakeups.run())
    assert await ear.hears() == ""
    async with ear.wakeups.acquire() as first:
        pid: Any = await first.fetchval("select pg_backend_pid()")
    await pool.execute("select pg_terminate_backend($1)", pid)
    await asyncio.wait_for(ear.lost.wait(), LONG_S)
    async with ear.wakeups.acquire() as conn:
        assert await conn.fetchval(CHANNELS) == []
    assert await ear.hears() == ""
    async with ear.wakeups.acquire() as conn:
        assert conn is ear.warmed[1]
    await cancellation.end(running)


async def test_one_that_breaks_in_the_middle_of_a_statement_is_replaced(ear: Ear) -> None:
    """The statement fails, and the next one has a connection again."""
    with pytest.raises(DatabaseUnavailable):
        async with ear.wakeups.acquire() as conn:
            await conn.execute("select pg_terminate_backend(pg_backend_pid()), pg_sleep(600)")
    await asyncio.wait_for(ear.lost.wait(), LONG_S)
    assert await ear.hears() == ""
    async with ear.wakeups.acquire() as conn:
        assert conn is ear.warmed[1]


async def test_one_whose_end_the_driver_does_not_tell_is_replaced(ear: Ear) -> None:
    """An abort inside of the driver closes it without a word: whoever uses it next finds out."""
    with pytest.raises(DatabaseUnavailable, match="closed"):
        async with ear.wakeups.acquire() as conn:
            conn._protocol.abort()
            await conn.execute("select 1")
    await asyncio.wait_for(ear.lost.wait(), LONG_S)
    assert await ear.hears() == ""
    async with ear.wakeups.acquire() as conn:
        assert conn is ear.warmed[1]


async def test_a_connection_that_cannot_be_warmed_is_tried_again(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is heard by one that has no plans; it is closed, and another one made."""
    monkeypatch.setattr("engine.worker.wakeups.RECONNECT_S", 0.0)
    ear = Ear(pool)
    tries: list[Connection] = []
    warm = ear._warm

    async def fails_once(conn: Connection) -> None:
        tries.append(conn)
        if len(tries) == 1:
            await conn.execute("select 1 / 0")
        await warm(conn)

    ear.wakeups = Wakeups(pool, {"test_ear": ear.told.put_nowait}, warm=fails_once, lost=ear.lost.set)
    running = asyncio.create_task(ear.wakeups.run())
    await asyncio.wait_for(ear.wakeups.tried.wait(), LONG_S)
    assert await ear.hears() == ""
    assert len(tries) == 2
    assert ear.lost.is_set()
    assert tries[0].is_closed()
    await cancellation.end(running)


async def test_who_is_told_of_jobs_all_the_time_still_looks(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that is due waits for one claim of what the worker was told of, not for all that follow: nobody is told of
    a job whose time comes."""
    claim = Worker._claim

    async def told_again(worker: Worker, lanes: Sequence[Lane], limit: int, *, low_first: int = 0) -> int:
        count = await claim(worker, lanes, limit, low_first=low_first)
        if worker.name == "shop":
            worker._claimable(f"{lanes[0].app} {lanes[0].queue}")
        return count

    monkeypatch.setattr(Worker, "_claim", told_again)
    async with shop.worker():
        later = await enqueue_one(shop.pool, delay_ms=200)
        await shop.until(await enqueue_one(shop.pool))
        await shop.until(later)
