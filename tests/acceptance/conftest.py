"""A running worker on a database of its own, with the example app pushed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from engine.db.pool import Pool
from engine.jobs import logs, store
from engine.model import Job, JobType, LogLine, NewJob
from engine.settings import Settings
from tests.acceptance.vendor import Vendor, open_vendor
from tests.atwork import worker_on
from tests.patience import patience

CRM = Path(__file__).resolve().parent.parent.parent / "examples" / "crm"
POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Platform:
    """What a test needs of the platform: run a script as a job of the app crm, and see what came of it."""

    pool: Pool

    async def start(self, name: str, source: str, params: Mapping[str, Any] | None = None) -> UUID:
        """The id of a new job that runs the source."""
        language = "javascript" if name.endswith(".js") else "python"
        spec = {"scriptName": name, "source": source, "language": language, "params": params or {}}
        async with self.pool.transaction() as conn:
            new = NewJob(app="crm", type=JobType.EXECUTE_SCRIPT, name=name, label=name, spec=spec)
            return (await store.create(conn, [new]))[0]

    async def get(self, job_id: UUID) -> Job:
        """The job as it is now."""
        async with self.pool.acquire() as conn:
            return await store.get(conn, "crm", job_id)

    async def ended(self, job_id: UUID) -> Job:
        """The job once it is over."""
        async with patience(f"the end of job {job_id}"):
            while not (job := await self.get(job_id)).status.is_final:  # noqa: ASYNC110 - the database is asked
                await asyncio.sleep(POLL_S)
        return job

    async def pause(self) -> None:
        """Between two looks at the database."""
        await asyncio.sleep(POLL_S)

    async def response(self, name: str, source: str) -> Any:
        """What a script returned; its error fails the test."""
        return await self.value(await self.start(name, source))

    async def value(self, job_id: UUID) -> Any:
        """What the job's script returned, once it is over; its error fails the test."""
        job = await self.ended(job_id)
        async with self.pool.acquire() as conn:
            left = await store.results(conn, "crm", job.id) or {}
        assert "error" not in left, left
        return left["results"]["response"]

    async def lines(self, job_id: UUID) -> list[LogLine]:
        """The job's log."""
        async with self.pool.acquire() as conn:
            return await logs.newer(conn, job_id, 0)


@pytest.fixture
async def platform(fresh_database: str) -> AsyncIterator[Platform]:
    """A worker with one slot: whatever waits must give its slot away."""
    settings = Settings(database_url=fresh_database, slots=1, poll_ms=100)
    async with worker_on(settings, CRM) as pool:
        yield Platform(pool)


@pytest.fixture
async def vendor(fresh_database: str, tmp_path: Path) -> AsyncIterator[Vendor]:
    """A platform with one worker for apps of Freshworks' kind, which may reach one server of this machine."""
    async with open_vendor(fresh_database, tmp_path) as platform:
        yield platform
