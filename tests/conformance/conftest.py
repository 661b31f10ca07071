"""One running worker for all these tests, and an app of its own for each of them: nobody sees anybody's jobs."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest

from engine.apps.folder import AppFolder, load_folder
from engine.apps.manifest import Entity
from engine.apps.push import push
from engine.data import bulk, files, records
from engine.db.pool import Pool
from engine.errors import BadRequest
from engine.jobs import commands, logs, store
from engine.model import Job, JobType, LogLine, NewJob, Status
from engine.settings import Settings
from tests.atwork import worker_on
from tests.conformance.app import write
from tests.conformance.scripts import Script
from tests.patience import patience
from tests.postgres import Server

POLL_S = 0.01
SLOTS = 3
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Lab:
    """An app of a test's own: starts scripts as jobs, and looks at what came of them from outside."""

    pool: Pool
    app: str
    entity: Entity

    async def start(self, script: Script, **params: Any) -> UUID:
        """The id of a new job that runs the script."""
        spec = {"scriptName": script.name, "source": script.source, "language": script.language, "params": params}
        return await self.create(NewJob(self.app, JobType.EXECUTE_SCRIPT, script.name, "Test script", spec))

    async def create(self, job: NewJob) -> UUID:
        """The id of a new job."""
        async with self.pool.transaction() as conn:
            return (await store.create(conn, [job]))[0]

    async def action(self, name: str, params: Mapping[str, Any] | None = None, **more: Any) -> UUID:
        """The id of a new job that runs a global action."""
        spec = {"actionName": name, "kind": "global", "query": {}, "params": dict(params or {})}
        return await self.create(NewJob(self.app, JobType.EXECUTE_ACTION, name, name, spec, **more))

    async def get(self, job_id: UUID | str) -> Job:
        """The job as it is now."""
        async with self.pool.acquire() as conn:
            return await store.get(conn, self.app, job_id)

    async def reached(self, job_id: UUID | str, *wanted: Status) -> Job:
        """The job once it has one of the statuses; without any, once it is over."""
        async with patience(f"the end of job {job_id}, or {wanted}"):
            while True:
                job = await self.get(job_id)
                if job.status in wanted or (job.status.is_final and not wanted):
                    return job
                await asyncio.sleep(POLL_S)

    async def parked(self, job_id: UUID | str) -> None:
        """Returns once the job waits, and holds no slot."""
        async with patience(f"job {job_id} to be parked"):
            while await self.pool.fetchrow(  # noqa: ASYNC110 - the database is asked
                "select 1 from headrace.jobs_live where id = $1 and (status <> 'RUNNING' or worker_id is not null)",
                UUID(str(job_id)),
            ):
                await asyncio.sleep(POLL_S)

    async def left(self, job_id: UUID | str) -> dict[str, Any]:
        """What the job left, once it is over: its results, or its error."""
        await self.reached(job_id)
        async with self.pool.acquire() as conn:
            return await store.results(conn, self.app, job_id) or {}

    async def value(self, script: Script, **params: Any) -> Any:
        """What the script returned; its error fails the test."""
        left = await self.left(await self.start(script, **params))
        assert "error" not in left, left["error"]
        return left["results"]["response"]

    async def error(self, script: Script, **params: Any) -> dict[str, Any]:
        """The error with which the script ended."""
        error: dict[str, Any] = (await self.left(await self.start(script, **params)))["error"]
        return error

    async def lines(self, job_id: UUID | str) -> list[LogLine]:
        """The job's log."""
        async with self.pool.acquire() as conn:
            return await logs.newer(conn, UUID(str(job_id)), 0)

    async def messages(self, job_id: UUID | str) -> list[str]:
        """The messages of the job's log."""
        return [line.message for line in await self.lines(job_id)]

    async def save(self, *rows: Mapping[str, Any]) -> list[str]:
        """The ids of new companies; each needs no more than a name."""
        async with self.pool.acquire() as conn:
            return [str((await records.save(conn, self.app, self.entity, row)).id) for row in rows]

    async def many(self, count: int) -> None:
        """New companies C0, C1 …"""
        async with self.pool.transaction() as conn:
            await bulk.save_many(conn, self.app, self.entity, [{"name": f"C{n}"} for n in range(count)])

    async def company(self, record_id: str) -> dict[str, Any] | None:
        """The company as it is stored."""
        async with self.pool.acquire() as conn:
            found = await records.find_by_id(conn, self.app, self.entity, record_id)
        return None if found is None else dict(found.data)

    async def upload(self, name: str, text: str) -> str:
        """The id of a new file."""
        async with self.pool.acquire() as conn:
            return str((await files.store(conn, self.app, name, [text.encode()])).id)

    async def download(self, file_id: str) -> str:
        """The text of a file."""
        async with self.pool.acquire() as conn:
            return b"".join([chunk async for chunk in files.read(conn, self.app, UUID(file_id))]).decode()

    async def stop(self, job_id: UUID | str, *, force: bool = False) -> None:
        """Stops the job."""
        await self.pool.run(lambda conn: commands.stop(conn, self.app, str(job_id), force=force))

    async def resume(self, job_id: UUID | str, *, due: bool = False) -> None:
        """Resumes the job; with `due` the time for which it waits, if it was stopped before that, has come."""
        if due:
            await self.pool.execute("update headrace.jobs_live set due_at = now() where id = $1", UUID(str(job_id)))
        await self.pool.run(lambda conn: commands.resume(conn, self.app, str(job_id)))

    async def cancel(self, job_id: UUID | str) -> None:
        """Cancels the job."""
        await self.pool.run(lambda conn: commands.cancel(conn, self.app, str(job_id)))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> AppFolder:
    """The app on disk, read once."""
    return load_folder(write(tmp_path_factory.mktemp("conformance") / "lab", "lab"))


@asynccontextmanager
async def at_work(server: Server, template: str, settings: Settings) -> AsyncIterator[Pool]:
    """A database of its own with a worker at work on it."""
    name = await server.create(template=template)
    own = replace(
        settings,
        database_url=server.database(name), slots=SLOTS, poll_ms=100, retry_base_ms=1, low_priority_percent=1,
    )  # fmt: skip
    async with worker_on(own) as pool:
        yield pool
    await server.drop(name)


@pytest.fixture(scope="session")
async def working(server: Server, template: str) -> AsyncIterator[Pool]:
    """A database with a worker at work on it."""
    async with at_work(server, template, Settings()) as pool:
        yield pool


MakeLab = Callable[[], Awaitable[Lab]]


@pytest.fixture
def make_lab(working: Pool, folder: AppFolder) -> MakeLab:
    """Makes one more app."""

    async def make() -> Lab:
        return await new_lab(working, folder)

    return make


async def new_lab(working: Pool, folder: AppFolder) -> Lab:
    """One more app."""
    manifest = replace(folder.manifest, name=f"lab{next(_numbers)}")
    async with working.acquire() as conn:
        await push(conn, replace(folder, manifest=manifest))
    return Lab(working, manifest.name, manifest.entity("companies"))


@pytest.fixture
async def lab(make_lab: MakeLab) -> AsyncIterator[Lab]:
    """The test's own app; what is left of it is canceled."""
    made = await make_lab()
    yield made
    async with made.pool.acquire() as conn:
        left = await conn.fetch("select id from headrace.jobs_live where app = $1 and parent_id is null", made.app)
    for row in left:
        # It may have ended meanwhile.
        with suppress(BadRequest):
            await made.cancel(row["id"])
