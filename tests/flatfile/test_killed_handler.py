"""A handler that is far away dies in the middle of a job."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator

import httpx
import pytest

from engine import app
from tests.flatfile.conftest import Node
from tests.flatfile.test_samples import begin
from tests.patience import patience
from tests.web.conftest import SETTINGS, Api, Caller, no_check

LIMIT_S = 60


# The lease of whoever has the first attempt is over; no row once that has been noticed.
OVER = """
update headrace.workers set heartbeat_at = now() - interval '1 hour'
where id = (select worker_id from headrace.jobs_live where id = $1 and attempt = 1) returning id
"""


@pytest.fixture
async def patient(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    """An API that takes no listener for dead by itself, however slow the machine; each of them polls every second."""
    settings = dataclasses.replace(SETTINGS, api_wait_ms=1000)
    async with app.open_api(settings, api.pool, no_check) as server:
        serving = asyncio.create_task(server.run())
        async with httpx.AsyncClient(base_url=server.url, timeout=LIMIT_S) as http:
            yield http
        server.stop()
        await serving


async def line(process: asyncio.subprocess.Process) -> str:
    """The next line that a process prints."""
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), LIMIT_S)).decode().strip()


async def test_its_job_runs_elsewhere_and_its_late_answer_is_refused(
    node: Node, api: Api, patient: httpx.AsyncClient
) -> None:
    """Killed with SIGKILL after a tick: another process does the job as attempt 2; the first may not answer."""
    caller = Caller(patient, node.environment["FLATFILE_BEARER_TOKEN"])
    url = {"FLATFILE_API_URL": str(patient.base_url)}
    job_id = await begin(caller, "space", "configure", "us_sp_1")
    first = await node.start("handler.mjs", NAME="first", HANG="1", **url)
    began = await line(first)
    assert began == f"{job_id}.1"
    first.kill()
    await first.wait()
    second = await node.start("handler.mjs", NAME="second", **url)
    async with patience("the end of the first one's lease"):
        # Again and again: a poll that the first one had sent renews it.
        while await api.pool.fetch(OVER, job_id):  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(0.02)
    assert await line(second) == f"{job_id}.2"
    for answer, details in (
        ("ack", {"progress": 99}),
        ("complete", {"outcome": {"message": "by first"}}),
        ("fail", {}),
    ):
        refused = await caller("POST", f"/v1/jobs/{began}/{answer}", 409, json=details)
        assert refused["code"] == "optimisticLocking"
        assert f"the answer for job {began} is refused" in refused["message"]
    _, err = await asyncio.wait_for(second.communicate(), LIMIT_S)
    assert second.returncode == 0, err.decode()
    job = (await caller("GET", f"/v1/jobs/{job_id}"))["data"]
    assert (job["status"], job["outcome"]) == ("complete", {"message": "by second"})
    shown = await caller("GET", f"/apps/crm/jobs/{job_id}")
    assert (shown["status"], shown["attempt"]) == ("FINISHED", 2)
