"""Imports that are stopped, resumed and cut off in their middle: each row becomes a record once."""

from __future__ import annotations

import json

import pytest

from engine.data import files
from engine.jobs import requests
from engine.jobs.requests import Requester
from engine.model import Status
from tests.conformance.conftest import Lab
from tests.gates import gate_before

ROWS = 6000
COUNT = "select count(*) as n, count(distinct data ->> 'name') as names from headrace.records where app = $1"
ROWS_OF = "(({0} ->> 'imported')::integer + ({0} ->> 'bad')::integer)"
DONE = f"select {ROWS_OF.format('checkpoint')} as n from headrace.job_progress where job_id = $1"


def text_of(kind: str) -> str:
    """The file: every hundredth row is not valid."""
    rows = [(f"N{n}", "z" if n % 100 == 99 else "a") for n in range(ROWS)]
    if kind == "csv":
        return "name,type\n" + "".join(f"{name},{type}\n" for name, type in rows)
    return "".join(json.dumps({"name": name, "type": type}) + "\n" for name, type in rows)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("force", [False, True], ids=["stopped", "cut off"])
async def test_an_import_goes_on_where_it_was(lab: Lab, kind: str, force: bool) -> None:
    """Stopped in order or cut off in its middle it has whole batches; resumed it skips no row and repeats none."""
    file_id = await lab.upload(f"rows.{kind}", text_of(kind))
    async with lab.pool.acquire() as conn:
        file = await files.get(conn, lab.app, file_id)
    async with gate_before(lab.pool, "headrace.job_progress", ROWS_OF.format("new.checkpoint")) as gate:
        await gate.close(ROWS // 3)
        job_id = await lab.create(requests.import_records(Requester(lab.app, None), lab.entity, file, {}))
        await gate.reached()
        await lab.stop(job_id, force=force)
        await gate.open()
        await lab.reached(job_id, Status.STOPPED)
    # The worker's last batch may just be on its way to the fence.
    async with lab.pool.transaction() as conn:
        await conn.execute("select from headrace.jobs_live where id = $1 for update", job_id)
        half = await conn.fetchrow(DONE, job_id)
        records = await conn.fetchrow(COUNT, lab.app)
    assert half is not None and records is not None
    assert 0 < half["n"] < ROWS
    assert records["n"] == half["n"] - half["n"] // 100
    await lab.resume(job_id)
    assert await lab.left(job_id) == {"rowsImported": ROWS - ROWS // 100, "rowsWithErrors": ROWS // 100}
    found = await lab.pool.fetchrow(COUNT, lab.app)
    assert found is not None
    assert found["n"] == found["names"] == ROWS - ROWS // 100
    assert len(await lab.lines(job_id)) == ROWS // 100
