"""An app sees only its own: whatever takes an id answers for another app's thing as for none at all."""

from __future__ import annotations

from engine.model import Status
from tests.conformance.conftest import Lab, MakeLab
from tests.conformance.scripts import Script, both

JOBS = """
id = params.job;
return [
  sys.jobs.findById(id), code(@ sys.jobs.logs(id, {})), code(@ sys.jobs.logInfo(id, 'x')),
  code(@ sys.jobs.logError(id, 'x')), code(@ sys.jobs.waitForJob(id, 'PENDING', 0)),
  code(@ sys.jobs.waitForJobs([sys.jobs.getCurrentJobId(), id], ['PENDING', 'RUNNING'], 0)),
  code(@ sys.jobs.setLowPriority(id)), code(@ sys.jobs.removeLowPriority(id)), code(@ sys.jobs.stop(id)),
  code(@ sys.jobs.resume(id)), code(@ sys.jobs.cancel(id))];
"""
RECORDS = """
own = sys.data.createRecord('companies').fromJson({'name': 'mine', 'owner': null});
sys.data.save(own);
own.field('owner').val(params.record);
return [
  sys.data.findById('companies', params.record), sys.data.count('companies', {'id': params.record}),
  ids(sys.data.find('companies', {'id': params.record})), code(@ sys.data.save(own)),
  code(@ sys.data.importRecords('companies', params.file))];
"""


@both(JOBS)
async def test_jobs(lab: Lab, make_lab: MakeLab, script: Script) -> None:
    """findById is null; every other call is notFound, and the other app's job is as it was."""
    other = await make_lab()
    job_id = await other.action("pause", delay_ms=3_600_000)
    assert await lab.value(script, job=str(job_id)) == [None, *["notFound"] * 10]
    job = await other.get(job_id)
    assert (job.status, job.low_priority, job.has_errors) == (Status.PENDING, False, False)
    assert await other.messages(job_id) == []
    await other.cancel(job_id)


@both("return [len(ids(sys.jobs.find({}))), sys.jobs.find({}).count()];")
async def test_finding_jobs(lab: Lab, make_lab: MakeLab, script: Script) -> None:
    """find and count see the app's own jobs alone."""
    other = await make_lab()
    await other.reached(await other.action("pause"))
    assert await lab.value(script) == [1, 1]


@both(RECORDS)
async def test_records_and_files(lab: Lab, make_lab: MakeLab, script: Script) -> None:
    """Records of another app are not found, cannot be related to, and its files cannot be imported."""
    other = await make_lab()
    (record,) = await other.save({"name": "theirs"})
    file_id = await other.upload("x.csv", "name\nA\n")
    found = await lab.value(script, record=record, file=file_id)
    assert found == [None, 0, [], "validationErrors", "notFound"]
    assert await other.company(record) == {"name": "theirs"}


@both("id = sys.data.executeGlobalAction(null, 'pause', {}, {'uniqueKey': 'same'});\nreturn id;")
async def test_unique_keys(lab: Lab, make_lab: MakeLab, script: Script) -> None:
    """A unique key is one app's own."""
    other = await make_lab()
    theirs = await other.action("pause", unique_key="same", delay_ms=3_600_000)
    assert await lab.value(script) != str(theirs)
    await other.cancel(theirs)
