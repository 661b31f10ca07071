"""sys.schedules: what seed 004 offers its callers (create, update, fetch, fetchAll), for scripts, in both languages."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from engine.apps.store import AppCache
from engine.model import JobType, NewJob, Status
from engine.schedule import store
from engine.schedule.model import EventType, Plan
from tests.conformance.conftest import POLL_S, Lab
from tests.conformance.scripts import Script, both

PLAN = {"tag": "nightly", "name": "Nightly", "eventType": "ACTION", "eventTag": "pause", "interval": 3_600_000}


async def start_as(lab: Lab, script: Script, user: str | None, **params: Any) -> UUID:
    """A job of this user that runs the script."""
    spec = {"scriptName": script.name, "source": script.source, "language": script.language, "params": params}
    return await lab.create(NewJob(lab.app, JobType.EXECUTE_SCRIPT, script.name, "Test", spec, run_by=user))


async def answer(lab: Lab, job_id: UUID) -> Any:
    """What the job's script returned; its error fails the test."""
    left = await lab.left(job_id)
    assert "error" not in left, left["error"]
    return left["results"]["response"]


async def made_outside(lab: Lab, tag: str, run_by: str | None) -> None:
    """A schedule that a caller from outside made."""
    plan = Plan(tag=tag, name=tag, event_type=EventType.ACTION, event_tag="pause", interval_ms=3_600_000)
    async with lab.pool.transaction() as conn:
        await store.create(conn, await AppCache().get(conn, lab.app), plan, run_by=run_by)


@both("""
before = sys.schedules.fetch('nightly');
made = sys.schedules.create(params.plan);
same = sys.schedules.fetch('nightly');
times = [made.createDate.getTime() < made.nextRun.getTime(), made.nextRun.getTime() == same.nextRun.getTime(),
         made.start, made.end, made.lastRun];
end = sys.schedules.update('nightly', {'end': '2100-01-01T01:00:00+01:00', 'executions': 5, 'cron': '0 3 * * *'});
times.push(end.end.getTime());
none = sys.schedules.update('nightly', {'end': null, 'name': 'Changed'});
paused = sys.schedules.pause('nightly');
resumed = sys.schedules.resume('nightly');
all = sys.schedules.fetchAll();
sys.schedules.remove('nightly');
return [before, [made.tag, made.state, made.runBy, made.interval, made.params], times,
        [end.cron, end.interval, end.executions], [none.end, none.name], [paused.state, paused.nextRun],
        resumed.state, each(all, @one one.tag), sys.schedules.fetchAll()];
""", py="""
before = sys.schedules.fetch('nightly')
made = sys.schedules.create(params.plan)
same = sys.schedules.fetch('nightly')
times = [made.createDate.getTime() < made.nextRun.getTime(), made.nextRun.getTime() == same.nextRun.getTime(),
         made.start, made.end, made.lastRun]
end = sys.schedules.update('nightly', {'end': '2100-01-01T01:00:00+01:00', 'executions': 5, 'cron': '0 3 * * *'})
times.append(end.end.getTime())
none = sys.schedules.update('nightly', {'end': null, 'name': 'Changed'})
paused = sys.schedules.pause('nightly')
resumed = sys.schedules.resume('nightly')
all_of_them = sys.schedules.fetchAll()
sys.schedules.remove('nightly')
return [before, [made.tag, made.state, made.runBy, made.interval, made.params], times,
        [end.cron, end.interval, end.executions], [none.end, none.name], [paused.state, paused.nextRun],
        resumed.state, each(all_of_them, lambda one: one.tag), sys.schedules.fetchAll()]
""")  # fmt: skip
async def test_a_schedule_lives_in_a_script(lab: Lab, script: Script) -> None:
    """Made, found, changed, paused, resumed and removed; its times are dates, and null takes a bound away."""
    plan = {**PLAN, "params": {"ms": 1}}
    assert await answer(lab, await start_as(lab, script, "ann", plan=plan)) == [
        None,
        ["nightly", "active", "ann", 3_600_000, {"ms": 1}],
        [True, True, None, None, None, 4_102_444_800_000],
        ["0 3 * * *", None, 5],
        [None, "Changed"],
        ["paused", None],
        "active",
        ["nightly"],
        [],
    ]


@both("sys.schedules.create(params.plan);\nreturn 'done';")
async def test_its_runs_are_jobs_of_the_script_s_user(lab: Lab, script: Script) -> None:
    """Each an ordinary job; the number of executions is kept."""
    plan = {**PLAN, "interval": 100, "executions": 2, "missed": "all", "options": {"maxAttempts": 3}}
    await answer(lab, await start_as(lab, script, "ann", plan=plan))
    query = """
        select run_by, type, max_attempts from headrace.jobs
        where app = $1 and name = 'pause' and status = 'FINISHED'
    """
    async with asyncio.timeout(60):
        while len(await lab.pool.fetch(query, lab.app)) < 2:  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(POLL_S)
    rows = [tuple(row) for row in await lab.pool.fetch(query, lab.app)]
    assert rows == [("ann", "EXECUTE_ACTION", 3)] * 2


@both("""
return [refused(@ sys.schedules.create(params.plan)), refused(@ sys.schedules.create({'tag': 't'})),
        refused(@ sys.schedules.update('mine', {'interval': 5})),
        refused(@ sys.schedules.update('mine', {'paused': true})),
        refused(@ sys.schedules.update('mine', {'name': null})), refused(@ sys.schedules.update('none', {'name': 'x'})),
        refused(@ sys.schedules.update('hers', {'name': 'x'})), refused(@ sys.schedules.remove('hers')),
        refused(@ sys.schedules.pause('hers')), refused(@ sys.schedules.resume('hers')),
        refused(@ sys.schedules.fetch(5)), sys.schedules.fetch('none'), sys.schedules.fetch('hers').runBy];
""")  # fmt: skip
async def test_what_is_refused(lab: Lab, script: Script) -> None:
    """A tag that is taken, a field that is missing, wrong or none, what is not there, and what is another user's."""
    await made_outside(lab, "mine", "ann")
    await made_outside(lab, "hers", "eve")
    *refused, none, hers = await answer(lab, await start_as(lab, script, "ann", plan={**PLAN, "tag": "mine"}))
    wanted = [
        ("badRequest", "tag: 'mine' is not allowed"),
        ("badRequest", "name: null is not allowed"),
        ("badRequest", "interval: 5 is not allowed"),
        ("badRequest", "paused: true is not allowed"),
        ("badRequest", "name: null is not allowed"),
        ("notFound", f"app {lab.app} has no schedule 'none'"),
        *[("forbidden", "this schedule was made by somebody else")] * 4,
        ("badRequest", "tag: 5 is not allowed"),
    ]
    assert [(code, message[: len(text)]) for (code, message), (_, text) in zip(refused, wanted, strict=True)] == wanted
    assert (none, hers) == (None, "eve")


@both("return [sys.schedules.fetch('theirs'), sys.schedules.fetchAll(), code(@ sys.schedules.remove('theirs'))];")
async def test_other_apps_have_none(lab: Lab, make_lab: Any, script: Script) -> None:
    """What another app has does not exist."""
    other = await make_lab()
    await made_outside(other, "theirs", None)
    assert await lab.value(script) == [None, [], "notFound"]


@both(js="""
var made = sys.schedules.create(params.plan);
sys.schedules.update('nightly', {executions: made.executions + 5});
sys.jobs.logInfo('made');
while (sys.data.findOne('companies', {}) === null) {}
return [made.id, sys.schedules.fetch('nightly').executions];
""", py="""
made = sys.schedules.create(params.plan)
sys.schedules.update('nightly', {'executions': made.executions + 5})
sys.jobs.logInfo('made')
while sys.data.findOne('companies', {}) is None:
    pass
return [made.id, sys.schedules.fetch('nightly').executions]
""")  # fmt: skip
async def test_a_killed_script_makes_it_once(lab: Lab, script: Script) -> None:
    """The script is killed behind the call and runs again from its top: the calls return what they returned."""
    job_id = await lab.start(script, plan=PLAN)
    async with asyncio.timeout(60):
        while await lab.messages(job_id) != ["made"]:  # noqa: ASYNC110 - the database is asked
            await asyncio.sleep(POLL_S)
    await lab.stop(job_id, force=True)
    await lab.reached(job_id, Status.STOPPED)
    await lab.save({"name": "Acme"})
    await lab.resume(job_id)
    made = await answer(lab, job_id)
    rows = await lab.pool.fetch("select id, executions from headrace.schedules where app = $1", lab.app)
    assert [[str(row["id"]), row["executions"]] for row in rows] == [made]
    assert made[1] == 5
