"""sys.jobs.findById (seed 003)."""

from __future__ import annotations

from tests.conformance.conftest import Lab
from tests.conformance.scripts import MALFORMED, NOBODY, Script, both, refuses


@both("job = sys.jobs.findById(params.id);\nreturn [job.id(), job.label()];")
async def test_finds_a_job(lab: Lab, script: Script) -> None:
    """ "Finds a background job by its ID." """
    job_id = str(await lab.action("pause"))
    assert await lab.value(script, id=job_id) == [job_id, "pause"]


@both("return sys.jobs.findById(params.id) == null;")
async def test_null_if_there_is_none(lab: Lab, script: Script) -> None:
    """ "The job object or null if not found." """
    assert await lab.value(script, id=NOBODY) is True


@both("return each(params.ids, @id refused(@ sys.jobs.findById(id)));")
async def test_malformed_id(lab: Lab, script: Script) -> None:
    """ "badRequest: If id is not a valid ID." """
    for found, value in zip(await lab.value(script, ids=MALFORMED), MALFORMED, strict=True):
        refuses(found, "badRequest", "jobId", value, "the id of a job")


@both("return refused(@ sys.jobs.findById());")
async def test_the_id_is_required(lab: Lab, script: Script) -> None:
    """ "id: string, yes (required)." """
    refuses(await lab.value(script), "badRequest", "jobId", None, "the id of a job")
