"""DELETE_RECORDS where a record cannot be deleted: told under its id, and the others are deleted all the same."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from engine.jobs import requests
from engine.jobs.requests import Requester
from tests.conformance.conftest import POLL_S, Lab
from tests.patience import patience

# Somebody waits for a record's lock.
WAITS = """
select from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock' and query like '%headrace.records%'
"""


async def deleted_meanwhile(lab: Lab, name: str) -> tuple[UUID, str]:
    """A job that deletes all companies, once it is over, and the id of the one that somebody else deleted first."""
    async with patience("the job at the locked record"), lab.pool.transaction() as conn:
        gone = await conn.fetchval(
            "delete from headrace.records where app = $1 and data ->> 'name' = $2 returning id", lab.app, name
        )
        job_id = await lab.create(requests.delete_records(Requester(lab.app, None), lab.entity, {}, {}))
        while not await lab.pool.fetch(WAITS):  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(POLL_S)
    return job_id, str(gone)


@pytest.mark.parametrize("count", [3, 1001])
async def test_one_that_is_gone(lab: Lab, count: int) -> None:
    """An error in the results, within the first thousand, and always in the log and the job's flag."""
    await lab.many(count)
    job_id, gone = await deleted_meanwhile(lab, f"C{count - 1}")
    results = (await lab.left(job_id))["results"]
    assert len(results) == min(count, 1000)
    told = results.pop(gone, None)
    assert (told is None) == (count > 1000)
    if told is not None:
        assert (told["status"], gone in told["errorMessage"]) == ("error", True)
    assert all(result == {"status": "ok"} for result in results.values())
    assert (await lab.get(job_id)).has_errors
    (message,) = await lab.messages(job_id)
    assert message.startswith(f"{gone}: ")
    assert await lab.pool.fetch("select from headrace.records where app = $1", lab.app) == []
