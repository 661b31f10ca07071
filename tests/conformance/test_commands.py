"""sys.jobs.stop, resume and cancel: what the monitor offers people, scripts can do too."""

from __future__ import annotations

import pytest

from engine.model import Status
from tests.conformance.conftest import Lab
from tests.conformance.scripts import MALFORMED, NOBODY, Script, both, refuses

HOUR_MS = 3_600_000
CALLS = """
calls = {'stop': @id sys.jobs.stop(id), 'resume': @id sys.jobs.resume(id), 'cancel': @id sys.jobs.cancel(id)};
call = calls[params.call];
"""
ALL = pytest.mark.parametrize("call", ["stop", "resume", "cancel"])
ALLOWED = {"stop": "PENDING, RUNNING", "resume": "STOPPED", "cancel": "PENDING, RUNNING, STOPPED, STOPPING"}


@both("""
seen = [sys.jobs.findById(params.id).status()];
sys.jobs.stop(params.id);
seen = seen.concat([sys.jobs.findById(params.id).status()]);
sys.jobs.resume(params.id);
return seen.concat([sys.jobs.findById(params.id).status()]);
""", py="""
seen = [sys.jobs.findById(params.id).status()]
sys.jobs.stop(params.id)
seen.append(sys.jobs.findById(params.id).status())
sys.jobs.resume(params.id)
seen.append(sys.jobs.findById(params.id).status())
return seen
""")  # fmt: skip
async def test_stop_and_resume(lab: Lab, script: Script) -> None:
    """PENDING, stop: STOPPED. STOPPED, resume: PENDING; its delay goes on, and when it is over the job runs."""
    job_id = await lab.action("pause", delay_ms=HOUR_MS)
    due = (await lab.get(job_id)).ready_at
    assert await lab.value(script, id=str(job_id)) == ["PENDING", "STOPPED", "PENDING"]
    assert (await lab.get(job_id)).ready_at == due
    await lab.pool.execute("update headrace.jobs_live set ready_at = now() where id = $1", job_id)
    await lab.reached(job_id, Status.FINISHED)


@both("sys.jobs.cancel(params.id);\nreturn sys.jobs.findById(params.id).status();")
async def test_cancel(lab: Lab, script: Script) -> None:
    """PENDING and STOPPED, cancel: CANCELED; a parked job at once as well."""
    pending, stopped, parked = [
        await lab.action("pause", {"ms": HOUR_MS}, delay_ms=delay) for delay in (HOUR_MS, HOUR_MS, 0)
    ]
    await lab.stop(stopped)
    await lab.parked(parked)
    for job_id in (pending, stopped, parked):
        assert await lab.value(script, id=str(job_id)) == "CANCELED"


@pytest.mark.parametrize("action", ["spin", "spinPy", "busy", "busyPy"])
@both("sys.jobs.stop(params.id, params.options);\nreturn sys.jobs.waitForJob(params.id, 'STOPPED', 60000).status();")
async def test_stop_what_runs(lab: Lab, script: Script, action: str) -> None:
    """RUNNING, stop: STOPPING, and STOPPED at its next safe point, also where it makes no call; with force now."""
    job_id = await lab.action(action)
    await lab.reached(job_id, Status.RUNNING)
    force = {"force": True} if script.language == "python" else None
    assert await lab.value(script, id=str(job_id), options=force) == "STOPPED"


@both("""
line = 'before ' + sys.jobs.getCurrentJob().status();
sys.jobs.logInfo(line);
record = sys.data.createRecord('companies').fromJson({'name': 'made once'});
sys.data.save(record);
sys.jobs.stop(sys.jobs.getCurrentJobId());
sys.jobs.setProgress(50);
sys.jobs.logInfo('after');
return sys.data.count('companies', {});
""")
async def test_a_job_stops_itself(lab: Lab, script: Script) -> None:
    """RUNNING, stop, resume: it goes on where it was stopped, it does not start over.

    The first effect after the stop is a safe point at the latest.
    """
    job_id = await lab.start(script)
    await lab.reached(job_id, Status.STOPPED)
    await lab.resume(job_id)
    assert (await lab.left(job_id))["results"]["response"] == 1
    assert await lab.messages(job_id) == ["before RUNNING", "after"]


@both("""
child = sys.data.executeGlobalAction(null, 'pause', {'ms': 3600000});
return sys.jobs.waitForJob(child, 'FINISHED', 3600000).status();
""")
async def test_descendants(lab: Lab, script: Script) -> None:
    """Stop, resume and cancel reach all descendants of the job."""
    parent = await lab.start(script)
    await lab.parked(parent)
    rows = await lab.pool.fetch("select id from headrace.jobs where parent_id = $1", parent)
    child = rows[0]["id"]
    await lab.parked(child)
    await lab.stop(parent)
    assert [(await lab.get(job)).status for job in (parent, child)] == [Status.STOPPED] * 2
    await lab.resume(parent)
    await lab.reached(child, Status.RUNNING)
    await lab.parked(child)
    await lab.cancel(parent)
    for job in (parent, child):
        assert (await lab.reached(job)).status is Status.CANCELED


@ALL
@both(CALLS + "return refused(@ call(params.id));")
async def test_wrong_status(lab: Lab, script: Script, call: str) -> None:
    """ "Any other command in any other status: badRequest, nothing changed." """
    finished, canceled = await lab.action("pause"), await lab.action("pause", delay_ms=HOUR_MS)
    await lab.reached(finished)
    await lab.cancel(canceled)
    for job_id, status in ((finished, "FINISHED"), (canceled, "CANCELED")):
        assert await lab.value(script, call=call, id=str(job_id)) == [
            "badRequest", f"cannot {call} job {job_id}: it is {status}; expected {ALLOWED[call]}",
        ]  # fmt: skip
        assert (await lab.get(job_id)).status == status


@ALL
@both(CALLS + "return each(params.ids, @id refused(@ call(id)));")
async def test_malformed_id(lab: Lab, script: Script, call: str) -> None:
    """A malformed id is badRequest."""
    for found, value in zip(await lab.value(script, call=call, ids=MALFORMED), MALFORMED, strict=True):
        refuses(found, "badRequest", "jobId", value, "the id of a job")


@ALL
@both(CALLS + "return refused(@ call(params.id));")
async def test_no_such_job(lab: Lab, script: Script, call: str) -> None:
    """An id of no job is notFound."""
    assert await lab.value(script, call=call, id=NOBODY) == ["notFound", f"there is no job {NOBODY} in this app"]


@both("return each(params.wrong, @options refused(@ sys.jobs.stop(params.id, options)));")
async def test_wrong_options_of_stop(lab: Lab, script: Script) -> None:
    """stop takes {force}; anything else is badRequest."""
    job_id = await lab.action("pause", delay_ms=HOUR_MS)
    found = await lab.value(script, id=str(job_id), wrong=[{"now": True}, {"force": 1}, "force"])
    refuses(found[0], "badRequest", "options.now", True, "force")
    refuses(found[1], "badRequest", "force", 1, "true or false")
    refuses(found[2], "badRequest", "options", "force", "an object")
    assert (await lab.get(job_id)).status is Status.PENDING


@both("""
return each([[101, 'x'], [-1, 'x'], ['half', 'x'], [1, 5]], @given refused(@ sys.jobs.setProgress(given[0], given[1])));
""")
async def test_wrong_progress(lab: Lab, script: Script) -> None:
    """setProgress takes a percentage from 0 to 100 and a text."""
    found = await lab.value(script)
    for answer, value in zip(found, [101, -1, "half"], strict=False):
        refuses(answer, "badRequest", "percent", value, "a whole number from 0 to 100")
    refuses(found[3], "badRequest", "message", 5, "a text")
