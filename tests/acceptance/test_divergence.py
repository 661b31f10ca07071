"""A script that does not repeat itself ends with one error that shows both sides; so does one from elsewhere."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from engine.jobs import commands, store
from engine.model import Status
from tests.acceptance.conftest import POLL_S, Platform
from tests.patience import patience

BEFORE = {
    "job.js": "sys.jobs.setProgress(1, 'one');\nsys.utils.script.wait(3600000);\nreturn 1;",
    "job.py": "sys.jobs.setProgress(1, 'one')\nsys.utils.script.wait(3600000)\nreturn 1",
}


async def parked(platform: Platform, job_id: UUID) -> None:
    """Returns when the job waits and no worker holds it."""
    sql = "select status = 'RUNNING' and worker_id is null as parked from headrace.jobs where id = $1"
    async with patience(f"job {job_id} to be parked"):
        while not (await platform.pool.fetch(sql, job_id))[0]["parked"]:  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(POLL_S)


async def replaced(platform: Platform, name: str, source: str) -> dict[str, Any]:
    """The error of a job whose script was another one until its wait."""
    job_id = await platform.start(name, BEFORE[name])
    await parked(platform, job_id)
    async with platform.pool.transaction() as conn:
        await commands.stop(conn, "crm", job_id)
        sql = "update headrace.job_params set spec = jsonb_set(spec, '{source}', to_jsonb($2::text)) where job_id = $1"
        await conn.execute(sql, job_id, source)
        await commands.resume(conn, "crm", job_id)
    assert (await platform.ended(job_id)).status is Status.FINISHED
    return await error(platform, job_id)


async def error(platform: Platform, job_id: UUID) -> dict[str, Any]:
    """The error with which the job ended."""
    async with platform.pool.acquire() as conn:
        left = await store.results(conn, "crm", job_id) or {}
    found: dict[str, Any] = left["error"]
    return found


@pytest.mark.parametrize("name", list(BEFORE))
async def test_another_call_than_the_journals_ends_the_job_with_both(platform: Platform, name: str) -> None:
    """Number, method and arguments of what the journal has and of what the script asked are in the error."""
    found = await replaced(platform, name, f"sys.jobs.setProgress(2, 'two')\n{BEFORE[name]}")
    assert found["additionalInfo"] == {
        "call": 1,
        "journal": {"method": "jobs.progress", "args": '[1,"one"]'},
        "script": {"method": "jobs.progress", "args": '[2,"two"]'},
    }
    assert found["message"] == (
        'the script does not repeat what it did: call 1 was jobs.progress [1,"one"], now it is jobs.progress [2,"two"]'
    )


@pytest.mark.parametrize("name", list(BEFORE))
async def test_an_end_before_the_journals_is_a_divergence(platform: Platform, name: str) -> None:
    """A script that returns where it made a call before did not go on where it was."""
    found = await replaced(platform, name, "return 1")
    assert found["message"] == (
        'the script does not repeat what it did: it ended where the journal has call 1, jobs.progress [1,"one"]'
    )


@pytest.mark.parametrize("name", list(BEFORE))
async def test_a_journal_of_another_runtime_is_refused(platform: Platform, name: str) -> None:
    """A worker whose engine may order or round differently does not guess; the error names both versions."""
    job_id = await platform.start(name, BEFORE[name])
    await parked(platform, job_id)
    async with platform.pool.transaction() as conn:
        await conn.execute(
            "update headrace.job_journal set runtime = 'python 2.7, scripts 1' where job_id = $1", job_id
        )
        await conn.execute("update headrace.jobs_live set ready_at = now() where id = $1", job_id)
    await platform.ended(job_id)
    message = (await error(platform, job_id))["message"]
    assert message.startswith("the job cannot go on here: its journal is of python 2.7, scripts 1, this worker runs ")
