"""sys.jobs.executeInJob: a callback over chunks of items, each in a job of its own."""

from __future__ import annotations

from tests.conformance.conftest import Lab
from tests.conformance.scripts import Script, both, refuses


@both("""
factor = 10;
ids_ = sys.jobs.executeInJob(params.given, 'slow', @item item * factor, params.step);
jobs = sys.jobs.waitForJobs(ids_, 'FINISHED', 60000);
me = sys.jobs.getCurrentJobId();
return each(jobs, @job [job.results()['results']['response'], job.parentJob() == me, job.type()]);
""")
async def test_chunks(lab: Lab, script: Script) -> None:
    """Splits `items` into chunks of `step`, each a child job on `queue`; the callback sees what it closes over."""
    job_id = await lab.start(script, given=[1, 2, 3, 4, 5], step=2)
    found = (await lab.left(job_id))["results"]["response"]
    assert found == [[values, True, "EXECUTE_SCRIPT"] for values in ([10, 20], [30, 40], [50])]
    rows = await lab.pool.fetch("select queue from headrace.jobs where parent_id = $1", job_id)
    assert [row["queue"] for row in rows] == ["slow"] * 3


@both("return len(sys.jobs.executeInJob(params.given, null, @item item));")
async def test_the_default_step(lab: Lab, script: Script) -> None:
    """Without a step each item has a job of its own, on the queue default."""
    job_id = await lab.start(script, given=[{"a": 1}, None, "x"])
    assert (await lab.left(job_id))["results"]["response"] == 3
    rows = await lab.pool.fetch("select queue from headrace.jobs where parent_id = $1", job_id)
    assert [row["queue"] for row in rows] == ["default"] * 3


@both("""
ids_ = sys.jobs.executeInJob([1, 2], 'default', @item sys.exceptions.throwException('forbidden', 'not ' + 'this'), 1);
jobs = sys.jobs.waitForJobs(ids_, 'FINISHED', 60000);
return each(jobs, @job [job.hasErrors(), job.results()['error']['code'], job.results()['error']['message']]);
""")
async def test_a_callback_that_throws(lab: Lab, script: Script) -> None:
    """The error of a callback is its own job's, not the parent's."""
    assert await lab.value(script) == [[True, "forbidden", "not this"]] * 2


@both("""
found = sys.data.find('companies', {});
ids_ = sys.jobs.executeInJob(found, 'default', @company company.label(), 60);
jobs = sys.jobs.waitForJobs(ids_, 'FINISHED', 60000);
return each(jobs, @job job.results()['results']['response']);
""")
async def test_a_result_set(lab: Lab, script: Script) -> None:
    """A result set is a list of items as well: records stay records."""
    await lab.many(130)
    names = [f"C{n}" for n in range(130)]
    assert await lab.value(script) == [names[:60], names[60:120], names[120:]]


@both("""
return [refused(@ sys.jobs.executeInJob([], 'default', @x x)), refused(@ sys.jobs.executeInJob(5, 'default', @x x)),
        refused(@ sys.jobs.executeInJob([1], '', @x x)), refused(@ sys.jobs.executeInJob([1], 'default', @x x, 0)),
        refused(@ sys.jobs.executeInJob([1], 'default', 5))];
""")
async def test_invalid(lab: Lab, script: Script) -> None:
    """badRequest names what is wrong; no job is created."""
    job_id = await lab.start(script)
    found = (await lab.left(job_id))["results"]["response"]
    refuses(found[0], "badRequest", "items", [], "a list of 1 to")
    refuses(found[1], "badRequest", "items", 5, "a list of 1 to")
    refuses(found[2], "badRequest", "queue", "", "a name")
    refuses(found[3], "badRequest", "step", 0, "a whole number from 1 to")
    refuses(found[4], "badRequest", "callback", 5, "a function of one item")
    assert await lab.pool.fetch("select id from headrace.jobs where parent_id = $1", job_id) == []
