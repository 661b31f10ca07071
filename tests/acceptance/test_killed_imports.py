"""Workers that are killed with SIGKILL in the middle of an import: no row is skipped, none comes twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.data import files
from engine.db.pool import Pool
from engine.jobs import requests, store
from engine.jobs.requests import Requester
from tests.acceptance.conftest import CRM, POLL_S
from tests.acceptance.victim import victim
from tests.patience import patience

ROWS, KILLS = 6000, 2
# How many rows the last transaction of the job's workers left behind.
DONE = """
select coalesce((checkpoint ->> 'imported')::integer + (checkpoint ->> 'bad')::integer, 0) as n
from headrace.job_progress where job_id = $1
"""
COUNT = (
    "select count(*) as n, count(distinct data ->> 'name') as names from headrace.records where data ->> 'type' = 'a'"
)


async def made(pool: Pool) -> UUID:
    """The id of a job that imports so many rows, of which every hundredth is not valid."""
    rows = "".join(f"N{n},{'z' if n % 100 == 99 else 'a'}\n" for n in range(ROWS))
    async with pool.transaction() as conn:
        await push(conn, load_folder(CRM))
        file = await files.store(conn, "crm", "rows.csv", [b"name,type\n", rows.encode()])
        entity = load_folder(CRM).manifest.entity("companies")
        return (await store.create(conn, [requests.import_records(Requester("crm", None), entity, file, {})]))[0]


async def beyond(pool: Pool, job_id: UUID, rows: int) -> int:
    """How many rows are done, once there are more than these."""
    async with patience(f"more than {rows} rows"):
        while (done := await pool.fetchrow(DONE, job_id)) is None or done["n"] <= rows:  # noqa: ASYNC110
            await asyncio.sleep(POLL_S / 4)
    return int(done["n"])


async def test_each_row_is_imported_once(fresh_database: str, tmp_path: Path) -> None:
    """Two workers die, each behind another batch; records, counts and lines of the log are those of the file."""
    pool = await Pool.connect(fresh_database)
    job_id = await made(pool)
    async with victim(fresh_database, tmp_path) as worker:
        done = 0
        for _ in range(KILLS):
            done = await beyond(pool, job_id, done)
            worker.kill()
            await worker.again(pool)
        async with pool.acquire() as conn:
            async with patience("the end of the job"):
                while not (job := await store.get(conn, "crm", job_id)).status.is_final:  # noqa: ASYNC110
                    await asyncio.sleep(POLL_S)
            left = await store.results(conn, "crm", job_id)
    assert job.attempt == KILLS + 1
    assert left == {"rowsImported": ROWS - ROWS // 100, "rowsWithErrors": ROWS // 100}
    found = await pool.fetchrow(COUNT)
    assert found is not None
    assert found["n"] == found["names"] == ROWS - ROWS // 100
    lines = await pool.fetch("select message from headrace.job_logs where job_id = $1 and level = 'ERROR'", job_id)
    assert len(lines) == len({line["message"] for line in lines}) == ROWS // 100
    await pool.close()
