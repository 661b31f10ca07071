"""A worker whose database says nothing, or whose claims have a defect, ends all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from engine.db import cancellation
from engine.db.pool import Pool
from engine.worker import loop
from engine.worker.loop import Worker
from tests.engine.hands import enqueue_one
from tests.engine.shop import Shop


async def test_a_worker_ends_although_the_database_says_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """No error, no answer, as behind a network that is cut: neither a claim nor the leave is waited for without end."""
    silent, asked = asyncio.Event(), asyncio.Event()
    real = Pool.acquire

    @asynccontextmanager
    async def acquire(pool: Pool) -> AsyncIterator[Any]:
        # The worker's pool, not that of one which other tests have at work in this process.
        if silent.is_set() and pool.dsn == shop.pool.dsn and pool is not shop.pool:
            asked.set()
            try:
                await asyncio.Event().wait()
            finally:
                # As the driver does that gives a connection back: it waits for an answer to its own cancellation.
                await asyncio.Event().wait()
        async with real(pool) as conn:
            yield conn

    monkeypatch.setattr(Pool, "acquire", acquire)
    monkeypatch.setattr(loop, "SILENCE_S", 0.05)
    monkeypatch.setattr(cancellation, "AGAIN_S", 0.01)
    async with shop.worker() as worker:
        await shop.until(await enqueue_one(shop.pool))
        silent.set()
        await asked.wait()
    assert not worker.fit


async def test_a_defect_of_claims_ends_the_worker_with_its_error(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the process must hear of it: it would look well, and take no jobs."""

    fill = Worker._fill

    async def fails(worker: Worker) -> float:
        if worker.name == "shop":
            raise ZeroDivisionError
        return await fill(worker)

    monkeypatch.setattr(Worker, "_fill", fails)
    with pytest.raises(ZeroDivisionError):
        async with shop.worker():
            pass
