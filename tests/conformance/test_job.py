"""sys.jobs.Job (seed 003): what a job says of itself. data() and results() have files of their own."""

from __future__ import annotations

from engine.jobs import store
from engine.model import JobType, NewJob, Status
from tests.conformance.conftest import Lab
from tests.conformance.scripts import Script, both
from tests.conformance.test_find import PUBLIC, delayed

HOUR_MS = 3_600_000


@both("""
job = sys.jobs.findById(params.id);
return [job.id(), job.label(), job.name(), job.type(), job.status(), job.hasErrors()];
""")
async def test_what_it_is(lab: Lab, script: Script) -> None:
    """id, label, type, status, hasErrors: "Returns the ID of the job." … — and the samples' name() is its label."""
    new = NewJob(lab.app, JobType.STOP_APP, "stop", "Stop the app", delay_ms=HOUR_MS)
    job_id = str(await lab.create(new))
    expected = [job_id, "Stop the app", "Stop the app", "STOP_APP", "PENDING", False]
    assert await lab.value(script, id=job_id) == expected


@both("return each(sys.jobs.find({'status': 'PENDING', '_size': 50}).toArray(), @job job.type());")
async def test_type(lab: Lab, script: Script) -> None:
    """ "Returns the type of the job. The only type of jobs that you can use in your code are the following ones" """
    for kind in PUBLIC:
        await lab.create(delayed(lab, kind))
    assert await lab.value(script) == PUBLIC[::-1]


@both("return sys.jobs.findById(params.id).status();")
async def test_status(lab: Lab, script: Script) -> None:
    """ "Returns the current status of the job. Possible values are: PENDING … STOPPED … CANCELED …" """
    job_id = await lab.action("pause", {"ms": HOUR_MS}, delay_ms=HOUR_MS)
    assert await lab.value(script, id=str(job_id)) == "PENDING"
    await lab.stop(job_id)
    assert await lab.value(script, id=str(job_id)) == "STOPPED"
    await lab.resume(job_id, due=True)
    await lab.parked(job_id)
    assert await lab.value(script, id=str(job_id)) == "RUNNING"
    await lab.cancel(job_id)
    assert await lab.value(script, id=str(job_id)) == "CANCELED"


@both("return sys.jobs.findById(params.id).status();")
async def test_stopped_can_be_resumed(lab: Lab, script: Script) -> None:
    """ "STOPPED: the job has been stopped but can be resumed." "FINISHED: the job is completed." """
    job_id = await lab.action("pause", delay_ms=HOUR_MS)
    await lab.stop(job_id)
    await lab.resume(job_id, due=True)
    await lab.reached(job_id)
    assert await lab.value(script, id=str(job_id)) == "FINISHED"


@both("""
sys.jobs.setProgress(42, 'nearly half');
job = sys.jobs.getCurrentJob();
sys.jobs.setProgress(43);
return [job.progress(), job.statusMessage(), sys.jobs.getCurrentJob().progress(),
        sys.jobs.getCurrentJob().statusMessage(), sys.jobs.findById(params.id).progress()];
""")
async def test_progress(lab: Lab, script: Script) -> None:
    """ "Returns the percentage of progress of the job." """
    job_id = await lab.action("pause", delay_ms=HOUR_MS)
    assert await lab.value(script, id=str(job_id)) == [42, "nearly half", 43, "nearly half", 0]
    await lab.stop(job_id)
    await lab.resume(job_id, due=True)
    assert (await lab.reached(job_id)).progress == 100


@both("""
job = sys.jobs.findById(params.id);
first = job.waiting();
sys.utils.script.wait(25);
return [first, job.waiting(), sys.jobs.findById(params.id).waiting(), job.duration()];
""")
async def test_waiting_grows(lab: Lab, script: Script) -> None:
    """ "… since the job was created until execution started. If it is still in pending this value will grow." """
    job_id = await lab.action("pause", delay_ms=HOUR_MS)
    first, later, again, duration = await lab.value(script, id=str(job_id))
    assert 0 <= first <= later - 25
    assert later <= again
    assert duration == 0


@both("""
job = sys.jobs.findById(params.id);
first = job.duration();
sys.utils.script.wait(25);
return [job.waiting(), first, job.duration()];
""")
async def test_duration_grows(lab: Lab, script: Script) -> None:
    """ "… to complete its execution since start date. If it is still in progress this value will grow." """
    job_id = await lab.action("pause", {"ms": HOUR_MS})
    await lab.parked(job_id)
    waiting, first, later = await lab.value(script, id=str(job_id))
    job = await lab.get(job_id)
    assert job.started_at is not None
    assert abs(waiting - (job.started_at - job.created_at).total_seconds() * 1000) <= 1
    assert later >= first + 25


@both("""
job = sys.jobs.findById(params.id);
first = job.duration();
sys.utils.script.wait(25);
return [first, job.duration(), job.endDate().getTime() - job.startDate().getTime()];
""")
async def test_duration_of_what_is_over(lab: Lab, script: Script) -> None:
    """ "the amount of time in milliseconds the job took" — it does not grow once the job has finished or stopped."""
    finished, stopped = await lab.action("pause"), await lab.action("pause", {"ms": HOUR_MS})
    await lab.reached(finished)
    await lab.parked(stopped)
    await lab.stop(stopped)
    for job_id in (finished, stopped):
        first, later, dates = await lab.value(script, id=str(job_id))
        assert first == later == dates


@both("""
job = sys.jobs.findById(params.id);
return [job.createDate().getTime(), job.startDate() and job.startDate().getTime(),
        job.endDate() and job.endDate().getTime()];
""".replace(" and ", " && "), py="""
job = sys.jobs.findById(params.id)
return [job.createDate().getTime(), job.startDate() and job.startDate().getTime(),
        job.endDate() and job.endDate().getTime()]
""")  # fmt: skip
async def test_dates(lab: Lab, script: Script) -> None:
    """ "start date might be null and it will be set when the job is actually executed." "endDate: … Date" """
    pending, finished = await lab.action("pause", delay_ms=HOUR_MS), await lab.action("pause")
    await lab.reached(finished)
    for job_id in (pending, finished):
        job = await lab.get(job_id)
        dates = [job.created_at, job.started_at, job.ended_at]
        assert await lab.value(script, id=str(job_id)) == [
            None if date is None else round(date.timestamp() * 1000) for date in dates
        ]
    assert (await lab.get(pending)).started_at is None


@both("return sys.jobs.findById(params.id).endDate() != null;")
async def test_end_date_of_a_stopped_job(lab: Lab, script: Script) -> None:
    """ "It could be because the job finished correctly or because it was stopped." — and none once it goes on."""
    parked, spinning = await lab.action("pause", {"ms": HOUR_MS}), await lab.action("busy")
    await lab.parked(parked)
    await lab.reached(spinning, Status.RUNNING)
    for job_id, force in ((parked, False), (spinning, True)):
        await lab.stop(job_id, force=force)
        await lab.reached(job_id, Status.STOPPED)
        assert await lab.value(script, id=str(job_id)) is True
        await lab.resume(job_id)
        await lab.reached(job_id, Status.RUNNING)
        assert await lab.value(script, id=str(job_id)) is False
    await lab.cancel(spinning)


@both(js="var user = sys.jobs.findById(params.id).runBy();\n"
         "return user == null ? null : [user.id(), user.name(), user.label()];",
      py="user = sys.jobs.findById(params.id).runBy()\n"
         "return None if user is None else [user.id(), user.name(), user.label()]")  # fmt: skip
async def test_run_by(lab: Lab, script: Script) -> None:
    """ "Returns an Record object with the information of the user … Object with ID and name of the user." """
    job_id = str(await lab.create(NewJob(lab.app, JobType.STOP_APP, "x", "x", delay_ms=HOUR_MS, run_by="ann")))
    assert await lab.value(script, id=job_id) == ["ann", "ann", "ann"]
    await lab.pool.execute("insert into headrace.users (app, id, name) values ($1, 'ann', 'Ann')", lab.app)
    assert await lab.value(script, id=job_id) == ["ann", "Ann", "Ann"]
    nobody = str(await lab.create(NewJob(lab.app, JobType.STOP_APP, "x", "x", delay_ms=HOUR_MS)))
    assert await lab.value(script, id=nobody) is None


@both("""
child = sys.jobs.findById(sys.data.executeGlobalAction(null, 'pause', {}));
me = sys.jobs.getCurrentJob();
return [child.parentJob() == me.id(), child.rootJob() == me.rootJob(), me.parentJob(), me.rootJob() == me.id(),
        child.lowPriority(), me.attempt(), child.attempt(), child.statusMessage()];
""")
async def test_family(lab: Lab, script: Script) -> None:
    """Ours besides: parentJob, rootJob, lowPriority, attempt, statusMessage."""
    assert (await lab.value(script))[:6] == [True, True, None, True, False, 1]


@both("""
child = sys.data.executeGlobalAction(null, 'flaky', {});
job = sys.jobs.waitForJob(child, 'FINISHED', 60000);
return [job.attempt(), job.results()['results']['response'], job.hasErrors()];
""")
async def test_attempt(lab: Lab, script: Script) -> None:
    """attempt() counts; the error of a failed attempt stays in the log, and sets the flag."""
    assert await lab.value(script) == [2, 2, True]


@both("job = sys.jobs.findById(params.id);\n"
      "return [each(job.logs({'level': 'ERROR'}).toArray(), @line line.message()), job.logs().count(),"
      " refused(@ job.logs({'level': 'WARN'}))];")  # fmt: skip
async def test_logs(lab: Lab, script: Script) -> None:
    """ "Returns the logs of the job. … This method works exactly the same as sys.jobs.logs()" """
    job_id = await lab.action("speak")
    await lab.reached(job_id)
    errors, count, found = await lab.value(script, id=str(job_id))
    assert (errors, count) == (["second, of Errors"], 3)
    assert found[0] == "badRequest"


@both("""
first = sys.jobs.logs(params.id, {}).next();
lines = sys.jobs.logs(params.id, {}).toArray();
return [first.timestamp().getTime(), each(lines, @line line.level()), first.message(), first.additionalInfo()];
""")
async def test_job_log(lab: Lab, script: Script) -> None:
    """JobLog: timestamp "a Date", level "INFO or ERROR", message, additionalInfo "An object … Could be null." """
    job_id = await lab.action("speak")
    await lab.reached(job_id)
    (line, *_) = await lab.lines(job_id)
    at = round(line.at.timestamp() * 1000)
    assert await lab.value(script, id=str(job_id)) == [at, ["INFO", "ERROR", "INFO"], "first", None]


@both("return sys.jobs.findById(params.id).progress();")
async def test_snapshot_of_another_type(lab: Lab, script: Script) -> None:
    """ "Keep in mind that in some jobs it might not very precise." — it is a number from 0 to 100 all the same."""
    job_id = await lab.action("pause", delay_ms=HOUR_MS)
    async with lab.pool.acquire() as conn:
        await store.set_progress(conn, job_id, percent=99)
    assert await lab.value(script, id=str(job_id)) == 99
