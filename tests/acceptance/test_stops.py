"""Stop, force, resume and cancel in the middle of scripts: nothing is lost, nothing happens twice."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from engine.jobs import commands, store
from engine.model import Command, Status
from tests.acceptance.conftest import POLL_S, Platform
from tests.patience import patience

# They count until they are told that it is enough, so that no stop comes too late.
COUNTING = {
    "count.js": "for (var i = 0; sys.data.count('companies', {name: 'enough'}) == 0; i++) {\n"
    "  log('line ' + i); sys.jobs.setProgress(i % 100);\n}\nreturn i;",
    "count.py": "i = 0\nwhile sys.data.count('companies', {'name': 'enough'}) == 0:\n"
    "    log('line ' + str(i))\n    sys.jobs.setProgress(i % 100)\n    i += 1\nreturn i",
}
# They make no call after the first: only a cut ends them. The second time they are told to return.
SPINNING = {
    "spin.js": "log('spinning');\nif (sys.data.count('companies', {name: 'enough'})) return 'over';\nwhile (true) {}",
    "spin.py": "log('spinning')\nif sys.data.count('companies', {'name': 'enough'}):\n    return 'over'\n"
    "while True:\n    pass",
}
PARENT = """
var id = sys.data.executeGlobalAction(null, 'slowCount', {steps: 1000, pause: 60000});
sys.jobs.waitForJob(id, 'FINISHED');
"""


async def until(platform: Platform, job_id: UUID, *wanted: Status) -> None:
    """Returns when the job has one of the statuses."""
    async with patience(f"job {job_id} to be {wanted}"):
        while (await platform.get(job_id)).status not in wanted:  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(POLL_S)


async def logged(platform: Platform, job_id: UUID, lines: int) -> None:
    """Returns when the job's log has so many lines."""
    async with patience(f"{lines} lines of job {job_id}"):
        while len(await platform.lines(job_id)) < lines:  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(POLL_S)


async def ask(platform: Platform, command: Command, job_id: UUID, *, force: bool = False) -> None:
    """Gives the command."""
    async with platform.pool.transaction() as conn:
        if force:
            await commands.stop(conn, "crm", job_id, force=True)
        else:
            await commands.COMMANDS[command](conn, "crm", job_id)


async def enough(platform: Platform) -> None:
    """Tells the scripts to return."""
    await platform.pool.execute(
        "insert into headrace.records (app, entity, id, data) "
        "values ('crm', 'companies', gen_random_uuid(), '{\"name\": \"enough\"}')"
    )


async def result(platform: Platform, job_id: UUID) -> object:
    """What the ended job returned."""
    async with platform.pool.acquire() as conn:
        left = await store.results(conn, "crm", job_id) or {}
    assert "error" not in left, left
    return left["results"]["response"]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("name", list(COUNTING))
async def test_a_stopped_script_goes_on_where_it_was(platform: Platform, name: str, force: bool) -> None:
    """Stopped twice in its middle, by its next call or by force, each line is there once and in order."""
    job_id = await platform.start(name, COUNTING[name])
    for lines in (10, 100):
        await logged(platform, job_id, lines)
        await ask(platform, Command.STOP, job_id, force=force)
        await until(platform, job_id, Status.STOPPED)
        await ask(platform, Command.RESUME, job_id)
    await enough(platform)
    await platform.ended(job_id)
    count = await result(platform, job_id)
    assert isinstance(count, int) and count >= 100
    assert [line.message for line in await platform.lines(job_id)] == [f"line {n}" for n in range(count)]


@pytest.mark.parametrize("name", list(SPINNING))
async def test_a_script_that_makes_no_call_is_cut(platform: Platform, name: str) -> None:
    """It stops within moments, keeps what it did, and is not told from the start that it was cut."""
    job_id = await platform.start(name, SPINNING[name])
    await logged(platform, job_id, 1)
    await ask(platform, Command.STOP, job_id)
    await until(platform, job_id, Status.STOPPED)
    await enough(platform)
    await platform.pool.execute("delete from headrace.job_journal where job_id = $1 and method = 'data.count'", job_id)
    await ask(platform, Command.RESUME, job_id)
    await platform.ended(job_id)
    assert await result(platform, job_id) == "over"
    assert [line.message for line in await platform.lines(job_id)] == ["spinning"]


@pytest.mark.parametrize("name", list(SPINNING))
async def test_a_canceled_script_is_killed(platform: Platform, name: str) -> None:
    """An endless loop is no obstacle, and what it logged stays."""
    job_id = await platform.start(name, SPINNING[name])
    await logged(platform, job_id, 1)
    await ask(platform, Command.CANCEL, job_id)
    assert (await platform.ended(job_id)).status is Status.CANCELED
    assert [line.message for line in await platform.lines(job_id)] == ["spinning"]


@pytest.mark.parametrize(("command", "after"), [(Command.STOP, Status.STOPPED), (Command.CANCEL, Status.CANCELED)])
async def test_the_children_of_a_parked_script_share_its_fate(
    platform: Platform, command: Command, after: Status
) -> None:
    """Both wait, neither has a process: one command moves both, at once."""
    parent = await platform.start("parent.js", PARENT)
    query = "select id from headrace.jobs_live where parent_id = $1 and status = 'RUNNING' and worker_id is null"
    async with patience("the parked child"):
        while not (rows := await platform.pool.fetch(query, parent)):  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(POLL_S)
    await ask(platform, command, parent)
    assert [(await platform.get(id)).status for id in (parent, rows[0]["id"])] == [after, after]


async def test_deep_and_wide_waits_fit_on_one_slot(platform: Platform) -> None:
    """A chain of 12 jobs that wait for each other, then 60 children that one parent awaits."""
    source = """
    function down(n) {
      if (n == 0) return 0;
      var ids = sys.jobs.executeInJob([n - 1], 'default', down);
      return 1 + sys.jobs.waitForJobs(ids, 'FINISHED')[0].results().results.response[0];
    }
    var items = [];
    for (var n = 0; n < 60; n++) items.push(n);
    var depth = down(12);
    var ids = sys.jobs.executeInJob(items, 'default', function (item) { return item; });
    return [depth, sys.jobs.waitForJobs(ids, 'FINISHED').length];
    """
    assert await platform.response("waits.js", source) == [12, 60]


async def test_parked_jobs_keep_nothing_in_the_worker(platform: Platform) -> None:
    """All of 60 jobs wait for one at the same time on one slot, and all of them see its end."""
    (awaited,) = [await platform.start("gate.js", "sys.utils.script.wait(3600000);")]
    source = f"return sys.jobs.waitForJob('{awaited}', ['FINISHED', 'CANCELED']).status();"
    waiting = [await platform.start("wait.js", source) for _ in range(60)]
    query = "select count(*) as n from headrace.job_waits where awaited_id = $1"
    async with patience("60 parked jobs"):
        while (await platform.pool.fetch(query, awaited))[0]["n"] < 60:  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(POLL_S)
    await ask(platform, Command.CANCEL, awaited)
    for job_id in waiting:
        await platform.ended(job_id)
        assert await result(platform, job_id) == "CANCELED"
