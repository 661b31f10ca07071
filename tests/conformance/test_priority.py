"""sys.jobs.setLowPriority and removeLowPriority, getCurrentJobId and getCurrentJob (seed 003)."""

from __future__ import annotations

import pytest

from engine.model import Status
from tests.conformance.conftest import SLOTS, Lab
from tests.conformance.scripts import MALFORMED, NOBODY, Script, both, refuses

SET = "setLowPriority", True
REMOVE = "removeLowPriority", False
CALL = """
calls = {'setLowPriority': @id sys.jobs.setLowPriority(id), 'removeLowPriority': @id sys.jobs.removeLowPriority(id)};
call = calls[params.call];
"""


@both("""
sys.jobs.setLowPriority(params.id);
first = sys.jobs.findById(params.id).lowPriority();
sys.jobs.setLowPriority(params.id);
sys.jobs.removeLowPriority(params.id);
return [first, sys.jobs.findById(params.id).lowPriority()];
""")
async def test_the_flag(lab: Lab, script: Script) -> None:
    """ "Sets the low priority flag for job." "Removes the low priority flag from the job." """
    job_id = await lab.action("pause", delay_ms=3_600_000)
    assert await lab.value(script, id=str(job_id)) == [True, False]


@both(js="params.ids.forEach(function (id) { sys.jobs.setLowPriority(id); });",
      py="for id in params.ids:\n    sys.jobs.setLowPriority(id)")  # fmt: skip
async def test_others_go_first(lab: Lab, script: Script) -> None:
    """ "This means if there are other jobs running they will have more priority than this one." """
    jobs = [await lab.action("pause", delay_ms=3_600_000) for _ in range(20)]
    low, normal = jobs[:10], jobs[10:]
    for job_id in jobs:
        await lab.stop(job_id)
    await lab.value(script, ids=[str(job_id) for job_id in low])
    async with lab.pool.transaction() as conn:
        await conn.execute(
            "update headrace.jobs_live set status = 'PENDING', ready_at = created_at where id = any ($1::uuid[])", jobs
        )
    started = {job_id: (await lab.reached(job_id, Status.FINISHED)).started_at for job_id in jobs}
    order = sorted(jobs, key=lambda job_id: str(started[job_id]))
    # A worker's share for low-priority jobs may let one of them pass; others fill the slots that the last normal
    # ones leave. In the order in which they were created all ten would be there.
    late = [job_id for job_id in order[: len(normal)] if job_id in low]
    assert len(late) <= SLOTS


@pytest.mark.parametrize("call", [SET[0], REMOVE[0]])
@both(CALL + "return each(params.ids, @id refused(@ call(id)));")
async def test_malformed_id(lab: Lab, script: Script, call: str) -> None:
    """ "badRequest: If jobId is invalid." """
    for found, value in zip(await lab.value(script, call=call, ids=MALFORMED), MALFORMED, strict=True):
        refuses(found, "badRequest", "jobId", value, "the id of a job")


@pytest.mark.parametrize("call", [SET[0], REMOVE[0]])
@both(CALL + "return refused(@ call(params.id));")
async def test_no_such_job(lab: Lab, script: Script, call: str) -> None:
    """ "notFound: If no job is found with the given ID." """
    assert await lab.value(script, call=call, id=NOBODY) == ["notFound", f"there is no job {NOBODY} in this app"]


@both("job = sys.jobs.getCurrentJob();\n"
      "return [sys.jobs.getCurrentJobId(), job.id(), job.status(), job.label()];")  # fmt: skip
async def test_the_current_job(lab: Lab, script: Script) -> None:
    """ "Returns the ID of the job the scripts is running on." "Returns the job the scripts is running on." """
    job_id = await lab.start(script)
    left = await lab.left(job_id)
    assert left["results"]["response"] == [str(job_id), str(job_id), "RUNNING", "Test script"]
