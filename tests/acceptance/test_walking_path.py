"""The main job: scripts in both languages start background jobs, wait for them, and see their results."""

from __future__ import annotations

import pytest

from engine.model import Status
from tests.acceptance.conftest import Platform

JAVASCRIPT = """
var record = sys.data.createRecord('companies');
record.field('name').val('ACME');
record.field('type').val('a');
sys.data.save(record);
var id = sys.data.executeAction('companies', {type: 'a'}, 'logSomething', {param1: 'x', param2: 'y'});
var job = sys.jobs.waitForJob(id, 'FINISHED', 60000);
var ids = sys.jobs.executeInJob([1, 2, 3], 'default', function (item) { return item * 2; }, 2);
var done = sys.jobs.waitForJobs(ids, 'FINISHED', 60000);
var values = done.map(function (job) { return job.results().results.response; });
var results = job.results().results;
return {status: job.status(), of: Object.keys(results).length, record: record.id() in results,
        values: values, parent: job.parentJob() === sys.jobs.getCurrentJobId()};
"""

PYTHON = """
record = sys.data.createRecord('companies')
record.field('name').val('ACME')
record.field('type').val('a')
sys.data.save(record)
id = sys.data.executeAction('companies', {'type': 'a'}, 'logSomething', {'param1': 'x', 'param2': 'y'})
job = sys.jobs.waitForJob(id, 'FINISHED', 60000)
ids = sys.jobs.executeInJob([1, 2, 3], 'default', lambda item: item * 2, 2)
values = [job.results()['results']['response'] for job in sys.jobs.waitForJobs(ids, 'FINISHED', 60000)]
results = job.results()['results']
return {'status': job.status(), 'of': len(results), 'record': record.id() in results,
        'values': values, 'parent': job.parentJob() == sys.jobs.getCurrentJobId()}
"""


@pytest.mark.parametrize(("name", "source"), [("story.js", JAVASCRIPT), ("story.py", PYTHON)])
async def test_a_script_starts_jobs_waits_for_them_and_reads_their_results(
    platform: Platform, name: str, source: str
) -> None:
    """One slot is enough for a parent and its children: a wait frees the slot, and the script goes on after it."""
    assert await platform.response(name, source) == {
        "status": "FINISHED",
        "of": 1,
        "record": True,
        "values": [[2, 4], [6]],
        "parent": True,
    }


async def test_an_uncaught_error_finishes_the_job_with_its_code_line_and_log(platform: Platform) -> None:
    """There is no FAILED: the job is FINISHED with errors, and its log says where and why."""
    job_id = await platform.start("broken.js", "var a = 1;\nthrow new Error('no more');")
    job = await platform.ended(job_id)
    (line,) = await platform.lines(job_id)
    assert (job.status, job.has_errors) == (Status.FINISHED, True)
    assert line.message == "javascriptException: no more (broken.js:2)"
