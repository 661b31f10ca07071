"""A worker is killed while a script of it holds a record's lock: who waits has its turn later, never meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import pytest

from engine.apps.folder import load_folder
from engine.apps.push import push
from engine.db.pool import Pool
from engine.jobs.liveness import MAX_RESCUES
from tests.acceptance.conftest import CRM, POLL_S, Platform
from tests.acceptance.victim import victim
from tests.patience import patience

# Each writes itself into the record at both ends of its turn; the first takes its time until it is told to go on.
HOLDERS = {
    "lock.js": """
var company = sys.data.findOne('companies', {type: 'a'});
company.lock(600000);
company.field('name').val(company.field('name').val() + ' +first');
sys.data.save(company);
while (sys.data.count('companies', {type: 'b'}) == 0) {}
company.field('name').val(company.field('name').val() + ' -first');
sys.data.save(company);
return company.unlock();
""",
    "tryLock.py": """
company = sys.data.findOne('companies', {'type': 'a'})
if not company.tryLock():
    return False
company.field('name').val(company.field('name').val() + ' +first')
sys.data.save(company)
while sys.data.count('companies', {'type': 'b'}) == 0:
    pass
company.field('name').val(company.field('name').val() + ' -first')
sys.data.save(company)
return company.unlock()
""",
}
# It calls nothing after its save: as far as anybody can tell it is what kills its workers.
STUCK = """
var company = sys.data.findOne('companies', {type: 'a'});
company.lock(600000);
company.field('name').val(company.field('name').val() + ' +first');
sys.data.save(company);
while (true) {}
"""
WAITER = """
var company = sys.data.findOne('companies', {type: 'a'});
company.lock(600000);
company.field('name').val(company.field('name').val() + ' +second -second');
sys.data.save(company);
return company.unlock();
"""
COMPANY = (
    "insert into headrace.records (app, entity, id, data) "
    "values ('crm', 'companies', gen_random_uuid(), jsonb_build_object('name', 'Line:', 'type', $1::text))"
)
NAME = "select data ->> 'name' as name from headrace.records where data ->> 'type' = 'a'"
LINE = "select job_id, granted from headrace.record_locks order by granted desc"


async def holding_and_waiting(platform: Platform, name: str, source: str) -> tuple[UUID, UUID]:
    """A job in the middle of its turn, and one that is parked behind it."""
    async with platform.pool.acquire() as conn:
        await push(conn, load_folder(CRM))
    await platform.pool.execute(COMPANY, "a")
    first = await platform.start(name, source)
    await until(platform, [(first, True)], "Line: +first")
    second = await platform.start("second.js", WAITER)
    await until(platform, [(first, True), (second, False)], "Line: +first")
    return first, second


async def until(platform: Platform, line: list[tuple[UUID, bool]], name: str) -> None:
    """The lock and the record are as expected; at no time do two jobs hold the lock."""
    async with patience(f"the lock's line to be {line} and the record {name!r}"):
        while True:
            found = [(row["job_id"], row["granted"]) for row in await platform.pool.fetch(LINE)]
            assert sum(granted for _, granted in found) <= 1
            (row,) = await platform.pool.fetch(NAME)
            if (found, row["name"]) == (line, name):
                return
            await platform.pause()


async def attempt(platform: Platform, job_id: UUID, number: int) -> None:
    """The job runs for so many times."""
    async with patience(f"attempt {number} of job {job_id}"):
        while (await platform.get(job_id)).attempt < number:  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(POLL_S)


@pytest.mark.parametrize("name", list(HOLDERS))
async def test_one_after_the_other(fresh_database: str, tmp_path: Path, name: str) -> None:
    """The dead worker's job keeps its lock for its next attempt, which ends its turn; then the other has its own."""
    platform = Platform(await Pool.connect(fresh_database))
    async with victim(fresh_database, tmp_path) as worker:
        first, second = await holding_and_waiting(platform, name, HOLDERS[name])
        worker.kill()
        await worker.again(platform.pool)
        await attempt(platform, first, 2)
        await until(platform, [(first, True), (second, False)], "Line: +first")
        await platform.pool.execute(COMPANY, "b")
        await until(platform, [], "Line: +first -first +second -second")
        ends = [await platform.ended(job_id) for job_id in (first, second)]
        assert [(job.attempt, job.has_errors) for job in ends] == [(2, False), (2, False)]
        assert [await platform.value(job_id) for job_id in (first, second)] == [True, True]
    await platform.pool.close()


async def test_given_up(fresh_database: str, tmp_path: Path) -> None:
    """A job that kills its workers is given up when the last one's lease is over, and its lock goes on."""
    platform = Platform(await Pool.connect(fresh_database))
    async with victim(fresh_database, tmp_path) as worker:
        first, second = await holding_and_waiting(platform, "stuck.js", STUCK)
        worker.kill()
        await worker.again(platform.pool)
        await attempt(platform, first, 2)
        await platform.pool.execute("update headrace.jobs_live set rescues = $1 where id = $2", MAX_RESCUES, first)
        worker.kill()
        await worker.again(platform.pool)
        await until(platform, [], "Line: +first +second -second")
        assert (await platform.ended(first)).has_errors
        assert await platform.value(second) is True
    await platform.pool.close()
