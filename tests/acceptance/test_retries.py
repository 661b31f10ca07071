"""A retry does not start over: what succeeded is replayed, what failed and what led to it is done again."""

from __future__ import annotations

import asyncio

import pytest

from engine.jobs import store
from engine.model import JobType, NewJob, Status
from tests.acceptance.conftest import POLL_S, Platform
from tests.patience import patience

SCRIPTS = {
    "retry.js": "log('once');\nsys.jobs.setProgress(10, 'one');\nvar drawn = Math.random();\nlog('drawn ' + drawn);\n"
    "sys.jobs.setProgress(20, 'two');\n"
    "if (sys.data.count('companies', {name: 'go'}) == 0) throw new Error('not yet');\n"
    "log('done');\nreturn 'drawn ' + drawn;",
    "retry.py": "import random\nlog('once')\nsys.jobs.setProgress(10, 'one')\ndrawn = random.random()\n"
    "log('drawn ' + str(drawn))\nsys.jobs.setProgress(20, 'two')\n"
    "if sys.data.count('companies', {'name': 'go'}) == 0:\n    raise Exception('not yet')\n"
    "log('done')\nreturn 'drawn ' + str(drawn)",
}


@pytest.mark.parametrize("name", list(SCRIPTS))
async def test_a_retry_goes_on_behind_what_succeeded(platform: Platform, name: str) -> None:
    """The read that made the script throw is done again; lines and numbers from before it are the first attempt's."""
    language = "javascript" if name.endswith(".js") else "python"
    spec = {"scriptName": name, "source": SCRIPTS[name], "language": language, "params": {}}
    async with platform.pool.transaction() as conn:
        new = NewJob(app="crm", type=JobType.EXECUTE_SCRIPT, name=name, label=name, spec=spec, max_attempts=2)
        (job_id,) = await store.create(conn, [new])
    async with patience("the first failure"):
        while (await platform.get(job_id)).failures == 0:  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(POLL_S)
    await platform.pool.execute(
        "insert into headrace.records (app, entity, id, data) "
        "values ('crm', 'companies', gen_random_uuid(), '{\"name\": \"go\"}')"
    )
    job = await platform.ended(job_id)
    async with platform.pool.acquire() as conn:
        left = await store.results(conn, "crm", job_id) or {}
    once, drawn, failed, done = [line.message for line in await platform.lines(job_id)]
    assert (job.status, job.failures) == (Status.FINISHED, 1)
    assert (once, drawn, done) == ("once", left["results"]["response"], "done")
    assert "not yet" in failed
