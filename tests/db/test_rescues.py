"""A job that keeps killing its workers is given up; one that gets further each time is not."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from engine.db.pool import Pool
from engine.jobs import liveness, queue, store
from engine.jobs.journal import Entry, Journal
from engine.jobs.ready import Lane
from engine.model import JobType, NewJob, Status


async def deaths(pool: Pool, *, progress: bool) -> Status:
    """The job's status after more workers died with it than one job may take along."""
    async with pool.transaction() as conn:
        job = NewJob(app="crm", type=JobType.EXECUTE_SCRIPT, name="a.js", label="a.js")
        (job_id,) = await store.create(conn, [job])
    for n in range(liveness.MAX_RESCUES + 2):
        await death(pool, job_id, n if progress else None)
    async with pool.acquire() as conn:
        return (await store.get(conn, "crm", job_id)).status


async def death(pool: Pool, job_id: UUID, seq: int | None) -> None:
    """A worker claims the job, records a call if it gets so far, and is gone."""
    worker = uuid4()
    async with pool.transaction() as conn:
        await conn.execute("insert into headrace.workers (id, name, version, slots) values ($1, 'w', '0', 1)", worker)
        for claim in (await queue.claim(conn, worker, [Lane("crm", "default")], limit=1)).claims:
            if seq is not None:
                journal = Journal(job_id, claim.attempt)
                await journal.write(conn, [Entry(0, seq, "jobs.progress", "", "", 0)])
        await liveness.leave(conn, worker)


@pytest.mark.parametrize(("progress", "status"), [(False, Status.FINISHED), (True, Status.PENDING)])
async def test_only_deaths_without_progress_count(pool: Pool, progress: bool, status: Status) -> None:
    """Each recorded call starts the count of rescues again: a long job may outlive any number of workers."""
    assert await deaths(pool, progress=progress) is status
