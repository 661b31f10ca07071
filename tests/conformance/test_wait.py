"""sys.jobs.waitForJob and waitForJobs (seed 003)."""

from __future__ import annotations

import asyncio

import pytest

from engine.executors.run import Run
from engine.model import Status
from tests.conformance.conftest import Lab
from tests.conformance.scripts import MALFORMED, NOBODY, Script, both, refuses

ALL = ["PENDING", "RUNNING", "FINISHED", "STOPPING", "STOPPED", "CANCELING", "CANCELED"]
WAIT = "return sys.jobs.waitForJob(params.id, params.status, params.ms).status();"
HOUR_MS = 3_600_000


async def in_status(lab: Lab, status: Status) -> str:
    """A job that stays in this status during the test."""
    match status:
        case Status.PENDING | Status.STOPPED | Status.CANCELED:
            job_id = await lab.action("pause", delay_ms=HOUR_MS)
            if status is Status.STOPPED:
                await lab.stop(job_id)
            elif status is Status.CANCELED:
                await lab.cancel(job_id)
        case Status.FINISHED:
            job_id = await lab.action("pause")
        case _:
            job_id = await lab.action("pause", {"ms": HOUR_MS})
            await lab.parked(job_id)
            if status is not Status.RUNNING:
                # No script stays in these for long; the status itself is what is waited for.
                await lab.pool.execute("update headrace.jobs_live set status = $2 where id = $1", job_id, status.value)
    await lab.reached(job_id, status)
    return str(job_id)


@pytest.mark.parametrize("status", ALL)
@both(WAIT)
async def test_every_status(lab: Lab, script: Script, status: str) -> None:
    """ "Valid statuses are: PENDING, RUNNING, FINISHED, STOPPING, STOPPED, CANCELING and CANCELED."

    It is looked at before the deadline: with no time to wait, a job that is there is found there.
    """
    job_id = await in_status(lab, Status(status))
    assert await lab.value(script, id=job_id, status=status, ms=0) == status
    await lab.pool.execute("update headrace.jobs_live set status = 'RUNNING' where id = $1::uuid and "
                           "status in ('STOPPING', 'CANCELING')", job_id)  # fmt: skip


@both(WAIT)
async def test_waits_until_it_is_reached(lab: Lab, script: Script) -> None:
    """ "Waits for a job to reach specified status. It returns when the job reaches the one of the specified …" """
    target = await lab.action("pause", delay_ms=HOUR_MS)
    waiter = await lab.start(script, id=str(target), status="STOPPED", ms=HOUR_MS)
    await lab.parked(waiter)
    await lab.stop(target)
    assert (await lab.left(waiter))["results"]["response"] == "STOPPED"


@pytest.mark.parametrize("status", ["RUNNING", "PENDING", "CANCELED", "FINISHED"])
@both(WAIT)
async def test_every_move_wakes(lab: Lab, script: Script, status: str) -> None:
    """A move into the status wakes the waiter at once, whatever the move: claim, resume, cancel, end."""
    target = await lab.action("pause", {"ms": HOUR_MS if status == "RUNNING" else 0}, delay_ms=HOUR_MS)
    await lab.stop(target)
    waiter = await lab.start(script, id=str(target), status=status, ms=HOUR_MS)
    await lab.parked(waiter)
    await (lab.cancel(target) if status == "CANCELED" else lab.resume(target, due=True))
    # The job that it returns may have moved on: no status that was reached is missed.
    later = {"PENDING": ["PENDING", "RUNNING", "FINISHED"]}.get(status, [status])
    assert (await lab.left(waiter))["results"]["response"] in later


@both("""
jobs = sys.jobs.waitForJobs(params.ids, 'RUNNING', params.ms);
return each(jobs, @job job.id());
""")
async def test_a_status_that_passed_counts(lab: Lab, script: Script) -> None:
    """Of many jobs each was RUNNING at some time, if not at the same; a stop of the waiter forgets none of them."""
    first, second = await lab.action("pause", delay_ms=HOUR_MS), await lab.action("pause", delay_ms=HOUR_MS)
    for target in (first, second):
        await lab.stop(target)
    waiter = await lab.start(script, ids=[str(first), str(second)], ms=HOUR_MS)
    await lab.parked(waiter)
    await lab.resume(first, due=True)
    await lab.reached(first, Status.FINISHED)
    await lab.stop(waiter)
    await lab.resume(second, due=True)
    await lab.reached(second, Status.FINISHED)
    await lab.resume(waiter)
    assert (await lab.left(waiter))["results"]["response"] == [str(first), str(second)]


@pytest.mark.parametrize("force", [True, False])
@both("return sys.jobs.waitForJob(params.id, ['STOPPING', 'STOPPED'], 3600000).status();")
async def test_stopping_a_running_script(
    lab: Lab, script: Script, force: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that never stops by itself is STOPPING first, or with force STOPPED at once."""
    target = await lab.action("spin")
    held: asyncio.Queue[Run] = asyncio.Queue()
    if not force:
        # The waiter sees the job as it is when it comes back, so the job is not cut before that. Others are: the
        # worker may still end what another test has left.
        cut = Run._cut
        monkeypatch.setattr(Run, "_cut", lambda run: held.put_nowait(run) if run.claim.id == target else cut(run))
    await lab.reached(target, Status.RUNNING)
    waiter = await lab.start(script, id=str(target))
    await lab.parked(waiter)
    await lab.stop(target, force=force)
    assert (await lab.left(waiter))["results"]["response"] == ("STOPPED" if force else "STOPPING")
    monkeypatch.undo()
    if not force:
        (await held.get())._cut()
    await lab.reached(target, Status.STOPPED)


@both("return sys.jobs.waitForJob(params.id, 'CANCELING', 3600000).status();")
async def test_canceling_a_running_script(lab: Lab, script: Script) -> None:
    """A script that runs is CANCELING until its process is gone, and then CANCELED."""
    target = await lab.action("spin")
    await lab.reached(target, Status.RUNNING)
    waiter = await lab.start(script, id=str(target))
    await lab.parked(waiter)
    await lab.cancel(target)
    # Its reply shows the job as it is when the waiter comes back.
    assert (await lab.left(waiter))["results"]["response"] in ("CANCELING", "CANCELED")
    assert (await lab.reached(target)).status is Status.CANCELED


@both("return each(params.wanted, @wanted sys.jobs.waitForJob(params.id, wanted, 60000).status());")
async def test_one_of_many_statuses(lab: Lab, script: Script) -> None:
    """ "desiredStatus: string or string[]. … You pass an array with many statuses." """
    job_id = await lab.action("pause")
    assert await lab.value(script, id=str(job_id), wanted=[["FINISHED", "STOPPED"], ["FINISHED"], "FINISHED"]) == [
        "FINISHED", "FINISHED", "FINISHED",
    ]  # fmt: skip


@both("return refused(@ sys.jobs.waitForJob(params.id, 'FINISHED', 30));")
async def test_timeout(lab: Lab, script: Script) -> None:
    """ "timeout: If the job took longer than maxTimeToWait to get into one of the desired statuses." """
    job_id = await in_status(lab, Status.PENDING)
    assert await lab.value(script, id=job_id) == [
        "timeout", f"job {job_id} is PENDING: it did not become FINISHED within 30 ms",
    ]  # fmt: skip


@both("return refused(@ sys.jobs.waitForJob(params.id, ['STOPPED', 'CANCELED'], 30));")
async def test_another_end_is_waited_out(lab: Lab, script: Script) -> None:
    """A job that ended in another status may not get there any more: the wait lasts until its time-out all the same."""
    job_id = await in_status(lab, Status.FINISHED)
    assert await lab.value(script, id=job_id) == [
        "timeout", f"job {job_id} is FINISHED: it did not become STOPPED or CANCELED within 30 ms",
    ]  # fmt: skip


@both("return sys.jobs.waitForJob(params.id, 'FINISHED').id();")
async def test_the_default_time(lab: Lab, script: Script) -> None:
    """maxTimeToWait is an hour where it is missing: the deadline of the parked wait says so."""
    target = str(await lab.action("pause", delay_ms=HOUR_MS))
    waiter = await lab.start(script, id=target)
    await lab.parked(waiter)
    row = await lab.pool.fetchrow(
        "select (reply->>'deadline')::bigint - at_ms as ms from headrace.job_journal where job_id = $1 and open", waiter
    )
    assert row is not None
    assert row["ms"] == HOUR_MS
    await lab.stop(target)
    await lab.resume(target, due=True)
    assert (await lab.left(waiter))["results"]["response"] == target


@both("return each(params.ids, @id refused(@ sys.jobs.waitForJob(id, 'FINISHED', 10)));")
async def test_malformed_id(lab: Lab, script: Script) -> None:
    """ "badRequest: If jobId … are invalid." """
    ids = [value for value in MALFORMED if value != []]
    for found, value in zip(await lab.value(script, ids=ids), ids, strict=True):
        refuses(found, "badRequest", "jobId", value, "the id of a job")


@both("return each(params.wrong, @status refused(@ sys.jobs.waitForJob(params.id, status, 10)));")
async def test_invalid_status(lab: Lab, script: Script) -> None:
    """ "badRequest: If … desiredStatus are invalid." """
    wrong = [("DONE", "DONE"), (["FINISHED", "DONE"], "DONE"), ("", ""), (5, 5), (None, None)]
    job_id = await in_status(lab, Status.FINISHED)
    found = await lab.value(script, id=job_id, wrong=[status for status, _ in wrong])
    for answer, (_, value) in zip(found, wrong, strict=True):
        refuses(answer, "badRequest", "desiredStatus", value, "PENDING, RUNNING")


@both("return each(params.wrong, @ms refused(@ sys.jobs.waitForJob(params.id, 'FINISHED', ms)));")
async def test_invalid_time(lab: Lab, script: Script) -> None:
    """ "maxTimeToWait: number" — nothing else is, nor a negative one."""
    wrong = ["soon", -1, 1.5, True, []]
    found = await lab.value(script, id=await in_status(lab, Status.FINISHED), wrong=wrong)
    for answer, value in zip(found, wrong, strict=True):
        refuses(answer, "badRequest", "maxTimeToWait", value, "a whole number from 0 to")


@both("return refused(@ sys.jobs.waitForJob(params.id, 'FINISHED', 10));")
async def test_no_such_job(lab: Lab, script: Script) -> None:
    """ "notFound: If no job is found with the given ID." """
    assert await lab.value(script, id=NOBODY) == ["notFound", f"there is no job {NOBODY} in this app"]


@both("""
me = sys.jobs.getCurrentJobId();
return [sys.jobs.waitForJob(me, 'RUNNING', 10).id() == me, refused(@ sys.jobs.waitForJob(me, 'FINISHED', 10))];
""")
async def test_itself(lab: Lab, script: Script) -> None:
    """A job that waits for its own end would wait for ever: badRequest says so at once."""
    running, found = await lab.value(script)
    assert running is True
    assert found[0] == "badRequest"
    assert "this one waits for itself" in found[1]


@both("return each(sys.jobs.waitForJobs(params.ids, params.status, 60000), @job job.id());")
async def test_many_jobs(lab: Lab, script: Script) -> None:
    """waitForJobs waits for all of them, and returns them in the order of the ids."""
    ids = [str(await lab.action("pause")) for _ in range(3)]
    ids = [ids[1], ids[2], ids[0]]
    assert await lab.value(script, ids=ids, status=["FINISHED", "CANCELED"]) == ids


@both("return refused(@ sys.jobs.waitForJobs(params.ids, 'FINISHED', 50));")
async def test_many_jobs_share_a_deadline(lab: Lab, script: Script) -> None:
    """One of them that does not get there fails the wait with timeout, and is named."""
    late = await in_status(lab, Status.PENDING)
    over = await lab.action("pause")
    await lab.reached(over)
    assert await lab.value(script, ids=[str(over), late]) == [
        "timeout", f"job {late} is PENDING: it did not become FINISHED within 50 ms",
    ]  # fmt: skip


@both("return each(params.wrong, @ids refused(@ sys.jobs.waitForJobs(ids, 'FINISHED', 50)));")
async def test_many_jobs_refused(lab: Lab, script: Script) -> None:
    """badRequest and notFound are those of waitForJob; a list has an id at least."""
    empty, malformed, missing = await lab.value(script, wrong=[[], ["x"], [NOBODY]])
    refuses(empty, "badRequest", "jobId", [], "a list of 1 to 10000 items")
    refuses(malformed, "badRequest", "jobId", "x", "the id of a job")
    assert missing == ["notFound", f"there is no job {NOBODY} in this app"]
