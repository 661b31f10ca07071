"""The only worker is killed in the middle of a script; what the script saw and left is that of a run without it."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.db.pool import Pool
from engine.jobs import store
from engine.model import JobType, NewJob
from tests.acceptance.conftest import CRM, POLL_S
from tests.acceptance.victim import bury, spawn
from tests.patience import patience
from tests.postgres import Server

START_MS = 1_790_000_000_000
SCRIPTS = {
    "story.js": """
var seen = [];
function note(what) {
  var line = [what, Date.now(), Math.random(), new Date().toISOString(), Object.keys({b: 1, a: 2})].join(' ');
  seen.push(line);
  log(line);
}
for (var i = 0; i < 5; i++) { note('early ' + i); sys.jobs.setProgress(i + 1); }
while (sys.data.count('companies', {name: 'go'}) == 0) {}
sys.jobs.getCurrentJobId(); // the clock of the call that saw the record may be from just before it
for (var i = 0; i < 5; i++) { note('late ' + i); sys.jobs.setProgress(50 + i); }
var ids = sys.jobs.executeInJob([1, 2], 'default', function (item) { return [item, Math.random()]; });
var values = sys.jobs.waitForJobs(ids, 'FINISHED').map(function (job) { return job.results().results.response; });
return {seen: seen, values: values, last: Math.random()};
""",
    "story.py": """
import random, time, datetime
seen = []
def note(what):
    line = ' '.join([what, str(time.time()), str(random.random()), str(datetime.datetime.now()),
                     str({'b', 'a', 'c'}), str(note)])
    seen.append(line)
    log(line)
for i in range(5):
    note('early ' + str(i))
    sys.jobs.setProgress(i + 1)
while sys.data.count('companies', {'name': 'go'}) == 0:
    pass
sys.jobs.getCurrentJobId()
for i in range(5):
    note('late ' + str(i))
    sys.jobs.setProgress(50 + i)
ids = sys.jobs.executeInJob([1, 2], 'default', lambda item: [item, random.random()])
values = [job.results()['results']['response'] for job in sys.jobs.waitForJobs(ids, 'FINISHED')]
return {'seen': seen, 'values': values, 'last': random.random()}
""",
}


@dataclass(frozen=True, slots=True)
class World:
    """A database with the job in it, and a clock."""

    pool: Pool
    job_id: UUID
    clock: Path

    def tell_time(self, ms: int) -> None:
        """Sets the clock, in ms since the epoch, in one piece: a worker may be reading it."""
        new = self.clock.with_suffix(".new")
        new.write_text(str(ms))
        new.replace(self.clock)

    def worker(self) -> subprocess.Popen[bytes]:
        """A worker that is on its way up."""
        return spawn(self.pool.dsn, self.clock)

    async def until(self, condition: str) -> None:
        """Returns when the condition on the job holds."""
        joined = "headrace.jobs j left join headrace.job_progress g on g.job_id = j.id"
        query = f"select ({condition}) as holds, j.status from {joined} where j.id = $1"
        async with patience(f"{condition} of the job"):
            while True:
                row = await self.pool.fetchrow(query, self.job_id)
                assert row is not None
                if row["holds"]:
                    return
                assert row["status"] != "FINISHED", await self.left()
                await asyncio.sleep(POLL_S)

    async def left(self) -> tuple[str, list[Mapping[str, Any]]]:
        """What the job left: its results as text, and its log."""
        results = await self.pool.fetchrow(
            "select coalesce(results, error)::text as text from headrace.job_results where job_id = $1", self.job_id
        )
        lines = await self.pool.fetch(
            "select at, level, message from headrace.job_logs where job_id = $1 order by n", self.job_id
        )
        assert results is not None
        return results["text"], [dict(line) for line in lines]


async def made(server: Server, template: str, name: str) -> tuple[str, UUID]:
    """A database in which the job has been created and its start is fixed; nobody is connected to it."""
    database = await server.create(template=template)
    pool = await Pool.connect(server.database(database))
    async with pool.transaction() as conn:
        await push(conn, load_folder(CRM))
        language = "javascript" if name.endswith(".js") else "python"
        spec = {"scriptName": name, "source": SCRIPTS[name], "language": language, "params": {}}
        job = NewJob(app="crm", type=JobType.EXECUTE_SCRIPT, name=name, label=name, spec=spec)
        (job_id,) = await store.create(conn, [job])
        at = "to_timestamp($2::float8 / 1000)"
        await conn.execute(f"update headrace.jobs_live set started_at = {at} where id = $1", job_id, START_MS)
    await pool.close()
    return database, job_id


async def story(world: World, *, kill: bool) -> tuple[str, list[Mapping[str, Any]]]:
    """The job's way to its end, with the death of its worker in its middle or without."""
    world.tell_time(START_MS + 1000)
    worker = world.worker()
    try:
        await world.until("g.progress = 5")
        if kill:
            worker.kill()
            worker.wait()
            await bury(world.pool)
            worker = world.worker()
            await world.until("j.attempt = 2")
        world.tell_time(START_MS + 60_000)
        await world.pool.execute(
            "insert into headrace.records (app, entity, id, data) "
            "values ('crm', 'companies', gen_random_uuid(), '{\"name\": \"go\"}')"
        )
        await world.until("j.status = 'FINISHED'")
        return await world.left()
    finally:
        worker.kill()
        worker.wait()
        await world.pool.close()


@pytest.mark.parametrize("name", list(SCRIPTS))
async def test_a_killed_worker_leaves_no_trace(server: Server, template: str, tmp_path: Path, name: str) -> None:
    """Clock, random numbers, order, results and log are equal byte for byte, in the same job on two databases."""
    first, job_id = await made(server, template, name)
    second = await server.create(template=first)
    found = []
    for database, kill in ((first, False), (second, True)):
        pool = await Pool.connect(server.database(database))
        found.append(await story(World(pool, job_id, tmp_path / database), kill=kill))
        await server.drop(database)
    assert found[0] == found[1]
    assert len(found[0][1]) == 10
