"""A wait never holds a slot: a chain of jobs that wait for each other ends on a worker with one slot."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.apps.folder import load_folder
from engine.settings import Settings
from tests.atwork import worker_on
from tests.conformance.app import write
from tests.conformance.conftest import Lab

DEPTH = 50


@pytest.mark.parametrize("action", ["deeper", "deeperPy"])
async def test_a_chain_of_fifty(fresh_database: str, tmp_path: Path, action: str) -> None:
    """Fifty jobs, each of which waits for the next, finish on one slot, and each has its answer."""
    settings = Settings(database_url=fresh_database, slots=1, poll_ms=100)
    written = write(tmp_path / "lab", "lab")
    async with worker_on(settings, written) as pool:
        lab = Lab(pool, "lab", load_folder(written).manifest.entity("companies"))
        job_id = await lab.action(action, {"depth": DEPTH})
        assert await lab.left(job_id) == {"results": {"status": "ok", "response": DEPTH}}
        rows = await pool.fetch("select status, root_id from headrace.jobs where app = 'lab'")
        assert [(row["status"], row["root_id"]) for row in rows] == [("FINISHED", job_id)] * (DEPTH + 1)
