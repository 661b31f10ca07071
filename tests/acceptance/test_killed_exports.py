"""A worker that is killed with SIGKILL in the middle of an export: no byte of the file is lost, none comes twice."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import time
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

ROWS, SIZE = 6000, 150_000
FILL = """
insert into headrace.records (app, entity, id, data)
select 'crm', 'companies', gen_random_uuid(), jsonb_build_object('name', 'Ünal ' || n) from generate_series(1, $1) n
"""
# An attempt of a version for which files were rows of pieces: its half of a file is gone.
EARLIER = """
with job as (update headrace.jobs_live set attempt = 1 where id = $1 returning id)
insert into headrace.job_progress (job_id, checkpoint)
select id, '{"file": "01a00000-0000-7000-8000-000000000000", "n": 1, "rest": "x", "more": true, "done": 9}' from job
"""
PLACE = "select progress, checkpoint from headrace.job_progress where job_id = $1"


async def made(pool: Pool) -> UUID:
    """The id of a job that exports so many records, and has had an attempt of an earlier version."""
    async with pool.transaction() as conn:
        await push(conn, load_folder(CRM))
        await conn.execute(FILL, ROWS)
        entity = load_folder(CRM).manifest.entity("companies")
        (job_id,) = await store.create(conn, [requests.export_records(Requester("crm", None), entity, {}, {})])
        await conn.execute(EARLIER, job_id)
        return job_id


async def test_the_file_has_each_row_once(fresh_database: str, tmp_path: Path) -> None:
    """A worker dies inside a page's transaction: file and progress are right, no large object is left over."""
    pool = await Pool.connect(fresh_database)
    job_id = await made(pool)
    async with gate_before(pool, "headrace.files", "new.size") as gate, pool.acquire() as conn:
        await gate.close(SIZE)
        # A file expires by the clock of the database, so the worker's has to be right.
        async with victim(fresh_database, tmp_path, now_ms=time.time_ns() // 1_000_000) as worker:
            await gate.reached()
            worker.kill()
            ((progress, place),) = await pool.fetch(PLACE, job_id)
            await gate.open()
            await worker.again(pool)
            async with patience("the end of the job"):
                while not (job := await store.get(conn, "crm", job_id)).status.is_final:  # noqa: ASYNC110
                    await asyncio.sleep(POLL_S)
            left = await store.results(conn, "crm", job_id) or {}
            file = await files.get(conn, "crm", left["fileId"])
            content = b"".join([piece async for piece in files.read(conn, "crm", file.id)])
    assert (job.attempt, left["recordsExported"], job.progress) == (3, ROWS, 100)
    assert 0 < place["done"] < place["total"] == ROWS
    assert progress == place["done"] * 100 // ROWS > 0
    assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    header, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    assert header[:2] == ["id", "name"]
    assert sorted(row[1] for row in rows) == sorted(f"Ünal {n}" for n in range(1, ROWS + 1))
    assert len({row[0] for row in rows}) == ROWS
    counts = "select (select count(*) from headrace.files), (select count(*) from pg_largeobject_metadata)"
    assert len(set((await pool.fetch(counts))[0])) == 1
    await pool.close()
