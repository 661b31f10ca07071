"""Workers that are killed with SIGKILL: each listener hears each event once, by what it does, in order per record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.data.records import Record
from engine.db.pool import Pool
from engine.events.model import DEEPEST
from tests.acceptance.conftest import POLL_S
from tests.acceptance.ears import Ears
from tests.acceptance.victim import victim
from tests.patience import patience

TOML = """
[app]
name = "ears"
[entities.things.fields]
n = { type = "integer" }
[entities.heard.fields]
thing = { type = "text" }
n = { type = "integer" }
step = { type = "integer" }
[listeners.changed]
on = "data"
entity = "things"
script = "listeners/changed.js"
[listeners.echoed]
on = "custom"
event = "echo"
script = "listeners/echoed.py"
"""
STEPS, CHANGES, KILLS = 30, 3, 2
SCRIPTS = {
    "changed.js": f"""
for (var step = 0; step < {STEPS}; step++) {{
    var heard = sys.data.createRecord('heard');
    heard.field('thing').val(event.recordId);
    heard.field('n').val(record.field('n').val());
    heard.field('step').val(step);
    sys.data.save(heard);
}}
""",
    "echoed.py": "return sys.events.triggerEvent('echo', event.data + 1)",
}
# Jobs of the listener whose scripts are in their middle: some of their calls have taken effect, others are to come.
HALFWAY = """
select j.id from headrace.jobs_live j
where j.name = 'changed' and j.status = 'RUNNING' and (
    select count(*) from headrace.job_journal l where l.job_id = j.id) between 1 and $1 - 5
"""
WAITING = "select from headrace.events limit 1"


@pytest.fixture
async def pool(fresh_database: str) -> AsyncIterator[Pool]:
    """Connections of the test itself."""
    pool = await Pool.connect(fresh_database)
    yield pool
    await pool.close()


async def changed(ears: Ears) -> Record:
    """A new record, after some changes."""
    record = await ears.save({"n": 0})
    for n in range(1, CHANGES):
        record = await ears.save({"n": n}, record)
    return record


async def test_listeners_of_killed_workers_act_once_and_in_order(
    fresh_database: str, pool: Pool, tmp_path: Path
) -> None:
    """Killed in the middle of listeners' scripts: each of their effects is there once, those of a record in its order.

    Meanwhile a listener that triggers itself runs as often as the limit allows, then its next job says why it does not.
    """
    ears = await Ears.pushed(pool, tmp_path / "app", TOML, SCRIPTS)
    changes: list[Record] = []
    async with victim(fresh_database, tmp_path) as worker:
        await ears.run("return sys.events.triggerEvent('echo', 0);")
        kills = 0
        while kills < KILLS:
            changes += [await changed(ears), await changed(ears)]
            async with patience("a listener half way"):
                while not await pool.fetch(HALFWAY, STEPS) and await pool.fetch(WAITING):  # noqa: ASYNC110 - the database is asked
                    await asyncio.sleep(POLL_S / 4)
            worker.kill()
            # It may have been quicker than the kill, or than the look: then that one does not count.
            kills += bool(await pool.fetch(HALFWAY, STEPS))
            await worker.again(pool)
        await ears.heard("changed", len(changes) * CHANGES)
        *chain, last = await ears.heard("echoed", DEEPEST + 1)
    rows = await pool.fetch("select data from headrace.records where entity = 'heard' order by created_at, id")
    heard = [(row["data"]["thing"], row["data"]["n"], row["data"]["step"]) for row in rows]
    for record in changes:
        mine = [(n, step) for thing, n, step in heard if thing == str(record.id)]
        assert mine == [(n, step) for n in range(CHANGES) for step in range(STEPS)]
    assert [row["results"]["results"]["response"] for row in chain] == [1] * DEEPEST
    assert (last["error"]["code"], last["has_errors"]) == ("badRequest", True)


async def test_a_worker_killed_between_event_and_delivery(fresh_database: str, pool: Pool, tmp_path: Path) -> None:
    """It dies in the transaction that makes the jobs: the events are still there, and another delivers each once."""
    ears = await Ears.pushed(pool, tmp_path / "app", TOML, SCRIPTS)
    async with victim(fresh_database, tmp_path) as worker:
        async with pool.transaction() as conn:
            # Who delivers has taken the events, and stops here.
            await conn.execute("lock table headrace.job_params in share mode")
            made = {str((await ears.save({"n": 0})).id) for _ in range(5)}
            waits = "select from pg_locks where relation = 'headrace.job_params'::regclass and not granted"
            async with patience("a deliverer at the locked table"):
                while not await pool.fetch(waits):  # noqa: ASYNC110 - the database is asked
                    await asyncio.sleep(POLL_S)
            worker.kill()
        (row,) = await pool.fetch("select count(*) as events from headrace.events")
        assert row["events"] == 5
        assert await pool.fetch("select from headrace.jobs") == []
        await worker.again(pool)
        await ears.heard("changed", 5)
    rows = await pool.fetch("select data from headrace.records where entity = 'heard'")
    assert sorted((row["data"]["thing"], row["data"]["step"]) for row in rows) == [
        (thing, step) for thing in sorted(made) for step in range(STEPS)
    ]
