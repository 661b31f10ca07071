"""Jobs of which nothing but their end is to be recorded: their tasks are over before it is written."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import pytest

from engine.db.pool import Connection
from engine.errors import DatabaseError
from engine.executors.handler import HandlerJob
from engine.jobs import queue, requests, store
from engine.jobs.queue import Finish
from engine.jobs.requests import Requester
from engine.metrics import Metrics
from engine.model import Status
from engine.worker.speaker import speaker
from tests.engine.shop import LONG_S, Shop

ANN = Requester("crm", "ann")


async def enqueue(shop: Shop, name: str, count: int = 1) -> list[Any]:
    async with shop.pool.acquire() as conn:
        return list(await store.create(conn, [requests.call_handler(ANN, name, {}, {}) for _ in range(count)]))


async def ten(job: HandlerJob) -> int:
    """A handler that returns something."""
    return 10


async def test_an_end_that_postgresql_refuses_is_the_error_of_its_job(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a batch each end is tried alone; one that cannot be stored fails, the others end as they would."""
    real = queue.finish
    (bad,) = await enqueue(shop, "ten")
    good = await enqueue(shop, "ten", 3)

    async def refuses(conn: Connection, ends: Sequence[Finish], **how: bool) -> list[Status | None]:
        if any(end.id == bad and not end.failed for end in ends):
            raise DatabaseError("PostgreSQL refused a statement: no")
        return await real(conn, ends, **how)

    monkeypatch.setattr(queue, "finish", refuses)
    async with shop.worker(handlers={"ten": ten}):
        job = await shop.until(bad)
        others = [await shop.until(id) for id in good]
    assert (job.status, job.has_errors, job.attempt) == (Status.FINISHED, True, 1)
    assert [(other.has_errors, other.attempt) for other in others] == [(False, 1)] * 3


async def test_a_slot_is_taken_until_the_end_is_written(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose ends are not written holds its jobs: it claims no more than it has slots, counts none twice."""
    real, go, metrics = queue.finish, asyncio.Event(), Metrics()

    async def waits(conn: Connection, ends: Sequence[Finish], **how: bool) -> list[Status | None]:
        if ends:
            await go.wait()
        return await real(conn, ends, **how)

    monkeypatch.setattr(queue, "finish", waits)
    ids = await enqueue(shop, "ten", 5)
    async with shop.worker(handlers={"ten": ten}, metrics=metrics, slots=2) as worker:
        async with asyncio.timeout(LONG_S):
            while worker.busy < 2:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        running = await shop.pool.fetch("select 1 from headrace.jobs_live where status = 'RUNNING'")
        assert (len(running), worker.busy) == (2, 2)
        go.set()
        for id in ids:
            assert not (await shop.until(id)).has_errors
    counted = metrics.registry.get_sample_value(
        "headrace_jobs_finished_total", {"app": "crm", "queue": "handler.ten", "type": "HANDLER", "outcome": "ok"}
    )
    assert (counted, worker.busy) == (5, 0)


async def test_ends_are_written_on_behalf_of_the_worker(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is logged while they are carries no job of the batch; each attempt says that it begins and how it ended."""
    caplog.set_level(logging.INFO, "engine.worker.attempts")
    real, heard = queue.finish, []

    async def listens(conn: Connection, ends: Sequence[Finish], **how: bool) -> list[Status | None]:
        if ends:
            heard.append(speaker.get(None))
        return await real(conn, ends, **how)

    monkeypatch.setattr(queue, "finish", listens)
    (id,) = await enqueue(shop, "ten")
    async with shop.worker(handlers={"ten": ten}) as worker:
        await shop.until(id)
    assert heard == [(worker.id, None)]
    assert [record.message for record in caplog.records if record.name == "engine.worker.attempts"] == [
        "job started",
        "job left",
    ]
