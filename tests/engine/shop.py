"""A worker in the test's own process whose jobs are Python functions, so that a test sees inside of an attempt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID

import pytest

from engine.app import clock_ms
from engine.apps.store import AppCache
from engine.db.pool import Pool
from engine.executors.deadlines import Deadlines
from engine.executors.endings import Ending, Finished
from engine.executors.handler import Handler
from engine.executors.run import Run, Services
from engine.executors.table import EXECUTORS
from engine.executors.within_time import Execute
from engine.jobs import store
from engine.metrics import Metrics
from engine.model import Job, JobType, Status
from engine.settings import Settings
from engine.worker import attempt
from engine.worker.loop import Worker
from tests.engine.hands import APP, get

# For a test, and short for a worker that is not woken: between two of its own looks then lie POLL_MS.
LONG_S, POLL_MS = 120, 600_000
NO_HANDLERS: Mapping[str, Handler] = {}


async def nothing(run: Run) -> Ending:
    """The work of a job that has none."""
    return Finished({"attempt": run.claim.attempt})


class Shop:
    """Starts workers on one database whose HANDLER jobs run `work`."""

    def __init__(self, pool: Pool, patch: pytest.MonkeyPatch) -> None:
        self.pool = pool
        self._patch = patch
        self.does(nothing)

    def does(self, work: Execute) -> None:
        """From now on this is what the jobs do."""
        self._patch.setattr(attempt, "EXECUTORS", {JobType.HANDLER: work})

    def does_as_always(self) -> None:
        """From now on jobs of every type do what they do at work, but for scripts, of which this has no host."""
        self._patch.setattr(attempt, "EXECUTORS", EXECUTORS)

    @asynccontextmanager
    async def worker(
        self,
        *,
        handlers: Mapping[str, Handler] = NO_HANDLERS,
        metrics: Metrics | None = None,
        deadlines: Deadlines | None = None,
        **settings: Any,
    ) -> AsyncIterator[Worker]:
        """A running worker with a pool of its own; it ends in order."""
        chosen = Settings(**{"slots": 4, "poll_ms": 50, "heartbeat_ms": 100, "retry_base_ms": 10, **settings})
        pool = await Pool.connect(self.pool.dsn, max_size=chosen.slots + 4)
        counts, limits = metrics or Metrics(), deadlines or Deadlines()
        services = Services(pool, AppCache(), cast(Any, None), chosen, counts, clock_ms, handlers, limits)
        worker = Worker(services, name="shop")
        running = asyncio.create_task(worker.run())
        await asyncio.wait_for(worker.ready.wait(), LONG_S)
        try:
            yield worker
        finally:
            worker.stop()
            await asyncio.wait_for(running, LONG_S)
            await pool.close()

    async def until(self, job_id: UUID, holds: Callable[[Job], bool] = lambda job: job.status.is_final) -> Job:
        """The job once this is true of it."""
        async with asyncio.timeout(LONG_S):
            while not holds(job := await get(self.pool, job_id)):  # noqa: ASYNC110 - the database is asked
                await asyncio.sleep(0.01)
        return job

    async def reaches(self, job_id: UUID, status: Status) -> Job:
        """The job once it has this status."""
        return await self.until(job_id, lambda job: job.status is status)

    async def results(self, job_id: UUID) -> Mapping[str, Any]:
        """What the job left."""
        async with self.pool.acquire() as conn:
            return await store.results(conn, APP, job_id) or {}
