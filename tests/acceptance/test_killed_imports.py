"""Workers that are killed with SIGKILL in the middle of an import: no row is skipped, none comes twice."""

from __future__ import annotations

import asyncio
from itertools import pairwise
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
from tests.gates import gate_before
from tests.patience import patience

ROWS, KILLS = 6000, (1500, 3000)
DONE = "coalesce(({}.checkpoint ->> 'imported')::integer + ({}.checkpoint ->> 'bad')::integer, 0)"
# How many rows the last transaction of the job's workers left behind.
LEFT = f"select {DONE.format('g', 'g')} as n from headrace.job_progress g where job_id = $1"
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


async def test_each_row_is_imported_once(fresh_database: str, tmp_path: Path) -> None:
    """Two workers die, each inside another batch; records, counts and lines of the log are those of the file."""
    pool = await Pool.connect(fresh_database)
    job_id, done = await made(pool), [0]
    async with gate_before(pool, "headrace.job_progress", DONE.format("new", "new")) as gate, pool.acquire() as conn:
        await gate.close(KILLS[0])
        async with victim(fresh_database, tmp_path) as worker:
            for rows, following in pairwise((*KILLS, ROWS)):
                await gate.reached()
                worker.kill()
                ((left,),) = await pool.fetch(LEFT, job_id)
                assert done[-1] < left <= rows
                done.append(left)
                await gate.open()
                await gate.close(following)
                await worker.again(pool)
            async with patience("the end of the job"):
                while not (job := await store.get(conn, "crm", job_id)).status.is_final:  # noqa: ASYNC110
                    await asyncio.sleep(POLL_S)
            results = await store.results(conn, "crm", job_id)
    assert job.attempt == len(KILLS) + 1
    assert results == {"rowsImported": ROWS - ROWS // 100, "rowsWithErrors": ROWS // 100}
    found = await pool.fetchrow(COUNT)
    assert found is not None
    assert found["n"] == found["names"] == ROWS - ROWS // 100
    lines = await pool.fetch("select message from headrace.job_logs where job_id = $1 and level = 'ERROR'", job_id)
    assert len(lines) == len({line["message"] for line in lines}) == ROWS // 100
    await pool.close()
