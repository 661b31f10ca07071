"""Listeners in both languages on a running worker: what they see, in which order, and what a kill leaves."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from engine import app
from engine.apps.folder import load_folder
from engine.apps.manifest import Entity
from engine.apps.store import load_manifest
from engine.data import records
from engine.db.pool import Pool
from engine.events.model import DEEPEST
from engine.events.push import push
from engine.jobs import store
from engine.model import JobType, NewJob
from engine.settings import Settings
from tests.acceptance.conftest import CRM, POLL_S

TOML = """
[app]
name = "ears"
[entities.things]
label_field = "name"
fields.name = { type = "text", required = true }
fields.n = { type = "integer" }
"""
LISTENER = '[listeners.{name}]\nscript = "listeners/{name}{suffix}"\n{what}\n'
WHAT = {
    "changed": 'on = "data"\nentity = "things"',
    "failed": 'on = "job"\njob_type = "EXECUTE_SCRIPT"\njob_event = "failed"',
    "pinged": 'on = "custom"\nevent = "ping"',
    "ticked": 'on = "schedule"\nevery = "1s"',
    "echoed": 'on = "custom"\nevent = "echo"',
}
SCRIPTS = {
    ".js": {
        "changed": """
var name = function (one) { return one === null ? null : one.label() + ' ' + one.field('n').val(); };
return [event.dataEvent, name(oldRecord), name(record)];
""",
        "failed": "return [event.jobEvent, event.jobId, sys.jobs.findById(event.jobId).hasErrors()];",
        "pinged": "return [event.name, event.data, typeof record];",
        "ticked": "return [event.type, event.tag];",
        "echoed": "return sys.events.triggerEvent('echo', event.data + 1);",
    },
    ".py": {
        "changed": """
def name(one):
    return None if one is None else one.label() + ' ' + str(one.field('n').val())
return [event.dataEvent, name(oldRecord), name(record)]
""",
        "failed": "return [event.jobEvent, event.jobId, sys.jobs.findById(event.jobId).hasErrors()]",
        "pinged": """
try:
    record
    return 'a record'
except NameError:
    return [event.name, event.data, 'undefined']
""",
        "ticked": "return [event.type, event.tag]",
        "echoed": "return sys.events.triggerEvent('echo', event.data + 1)",
    },
}
CHANGES = """
var one = sys.data.createRecord('things');
one.field('name').val('t'); one.field('n').val(0);
sys.data.save(one);
for (var n = 1; n <= 5; n++) { one.field('n').val(n); sys.data.save(one); }
sys.data.remove(one);
return sys.events.triggerEvent('ping', {x: [1, null]});
"""


@dataclass(frozen=True, slots=True)
class Ears:
    """The app `ears`, whose listeners are in one language."""

    pool: Pool
    entity: Entity

    async def run(self, source: str) -> UUID:
        """The id of a job that runs this JavaScript."""
        spec = {"scriptName": "a.js", "source": source, "language": "javascript", "params": {}}
        async with self.pool.transaction() as conn:
            new = NewJob(app="ears", type=JobType.EXECUTE_SCRIPT, name="a.js", label="a.js", spec=spec, run_by="ann")
            return (await store.create(conn, [new]))[0]

    async def save(self, name: str) -> None:
        """A new record."""
        async with self.pool.transaction() as conn:
            await records.save(conn, "ears", self.entity, {"name": name})

    async def heard(self, listener: str, count: int) -> list[Mapping[str, Any]]:
        """The ended jobs of the listener, in the order of their ends, once there are so many and no event waits."""
        while True:
            rows = await self.pool.fetch(
                "select j.*, r.results, r.error from headrace.jobs_history j left join headrace.job_results r "
                "on r.job_id = j.id where j.type = 'EXECUTE_LISTENER' and j.name = $1 order by j.ended_at",
                listener,
            )
            waiting = await self.pool.fetch("select from headrace.events limit 1")
            if len(rows) >= count and not waiting:
                return [dict(row) for row in rows]
            await asyncio.sleep(POLL_S)

    async def values(self, listener: str, count: int) -> list[Any]:
        """What the scripts of these jobs returned."""
        rows = await self.heard(listener, count)
        assert [row["error"] for row in rows] == [None] * len(rows)
        return [row["results"]["results"]["response"] for row in rows]


async def pushed(pool: Pool, folder: Path, suffix: str) -> Ears:
    """The app with all listeners in the language of this suffix."""
    (folder / "listeners").mkdir()
    for name, source in SCRIPTS[suffix].items():
        (folder / "listeners" / f"{name}{suffix}").write_text(source)
    listeners = (LISTENER.format(name=name, suffix=suffix, what=what) for name, what in WHAT.items())
    (folder / "app.toml").write_text(TOML + "".join(listeners))
    async with pool.acquire() as conn:
        await push(conn, load_folder(folder))
        return Ears(pool, (await load_manifest(conn, "ears")).entity("things"))


@asynccontextmanager
async def working(dsn: str) -> AsyncIterator[Pool]:
    """A running worker with two slots, which finds news by polling and by being told."""
    settings = Settings(database_url=dsn, slots=2, poll_ms=100)
    async with app.open_database(settings) as database, app.open_worker(settings, database.pool) as worker:
        running = asyncio.create_task(worker.run())
        yield database.pool
        worker.stop()
        await running


@pytest.mark.parametrize("suffix", list(SCRIPTS))
async def test_listeners_hear_scripts(fresh_database: str, tmp_path: Path, suffix: str) -> None:
    """Changes of a record in order, before and after; the end of a job, a custom event, the clock; a chain that ends.

    A listener that triggers itself runs as often as the limit allows, and the next job of it says why it does not run.
    """
    async with working(fresh_database) as pool, asyncio.timeout(240):
        ears = await pushed(pool, tmp_path, suffix)
        await ears.run(CHANGES)
        names = [f"t {n}" for n in range(6)]
        expected = [["created", None, names[0]]]
        expected += [["updated", before, after] for before, after in pairwise(names)]
        expected += [["deleted", names[-1], None]]
        assert await ears.values("changed", 7) == expected
        assert {row["run_by"] for row in await ears.heard("changed", 7)} == {"ann"}
        assert await ears.values("pinged", 1) == [["ping", {"x": [1, None]}, "undefined"]]
        failing = await ears.run("sys.events.triggerEvent('echo', 0); throw 'no';")
        assert await ears.values("failed", 1) == [["failed", str(failing), True]]
        assert (await ears.values("ticked", 1))[0] == ["schedule", "app.ticked"]
        *chain, last = await ears.heard("echoed", DEEPEST + 1)
        assert [row["results"]["results"]["response"] for row in chain] == [1] * DEEPEST
        assert (last["error"]["code"], last["has_errors"]) == ("badRequest", True)
        assert f"its event comes of {DEEPEST} listeners" in last["error"]["message"]


def start(dsn: str, clock: Path) -> subprocess.Popen[bytes]:
    """A worker in a process of its own."""
    words = [sys.executable, "-m", "tests.acceptance.worker_process", dsn, str(clock)]
    return subprocess.Popen(words, cwd=CRM.parent.parent)


async def test_a_worker_killed_between_event_and_delivery(fresh_database: str, tmp_path: Path) -> None:
    """It dies in the transaction that makes the jobs: the events are still there, and another delivers each once."""
    clock = tmp_path / "clock"
    clock.write_text("1790000000000")
    (tmp_path / "app").mkdir()
    pool = await Pool.connect(fresh_database)
    ears = await pushed(pool, tmp_path / "app", ".js")
    worker = start(fresh_database, clock)
    try:
        async with asyncio.timeout(240):
            async with pool.transaction() as conn:
                # Who delivers has taken the events, and stops here.
                await conn.execute("lock table headrace.job_params in share mode")
                for number in range(20):
                    await ears.save(f"t{number}")
                waits = "select from pg_locks where relation = 'headrace.job_params'::regclass and not granted"
                while not await pool.fetch(waits):  # noqa: ASYNC110 - the database is asked
                    await asyncio.sleep(POLL_S)
                worker.kill()
                worker.wait()
            (row,) = await pool.fetch("select count(*) as events from headrace.events")
            assert row["events"] == 20
            assert await pool.fetch("select from headrace.jobs") == []
            worker = start(fresh_database, clock)
            values = await ears.values("changed", 20)
        assert len({str(value) for value in values}) == len(values) == 20
    finally:
        worker.kill()
        worker.wait()
        await pool.close()
