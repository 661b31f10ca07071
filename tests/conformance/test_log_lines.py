"""sys.jobs.logInfo, logError, and those of a Job (seed 003)."""

from __future__ import annotations

import pytest

from engine.model import LogLevel, Status
from tests.conformance.conftest import Lab
from tests.conformance.scripts import MALFORMED, NOBODY, Script, both, refuses

LEVELS = pytest.mark.parametrize(("call", "level"), [("logInfo", LogLevel.INFO), ("logError", LogLevel.ERROR)])
CALL = (
    "def call(*given):\n    return {'logInfo': sys.jobs.logInfo, 'logError': sys.jobs.logError}[params.call](*given)\n"
)
JS_CALL = "var call = sys.jobs[params.call];\n"
METHOD = "def call(job, *given):\n    return {'logInfo': job.logInfo, 'logError': job.logError}[params.call](*given)\n"
JS_METHOD = "var call = function (job, text) { return job[params.call](text); };\n"


@LEVELS
@both(js=JS_CALL + "call(params.id, 'hello');", py=CALL + "call(params.id, 'hello')")
async def test_adds_a_line_to_a_job(lab: Lab, script: Script, call: str, level: LogLevel) -> None:
    """ "Adds a log to the job with the INFO level." / "… with the ERROR level." — to one that has ended, too."""
    finished, pending = await lab.action("pause"), await lab.action("pause", delay_ms=3_600_000)
    await lab.reached(finished)
    for job_id in (finished, pending):
        await lab.value(script, call=call, id=str(job_id))
        assert [(line.level, line.message) for line in await lab.lines(job_id)] == [(level, "hello")]
        assert (await lab.get(job_id)).has_errors is (call == "logError")
    assert (await lab.get(pending)).status is Status.PENDING


@LEVELS
@both(js=JS_CALL + "call('hello'); call(null, 'world');", py=CALL + "call('hello')\ncall(null, 'world')")
async def test_the_current_job(lab: Lab, script: Script, call: str, level: LogLevel) -> None:
    """ "If you don't send the parameter jobId, the current job will be used." """
    job_id = await lab.start(script, call=call)
    job = await lab.reached(job_id)
    assert [(line.level, line.message) for line in await lab.lines(job_id)] == [(level, "hello"), (level, "world")]
    assert job.has_errors is (call == "logError")


@both("before = sys.jobs.getCurrentJob().hasErrors();\nsys.jobs.logError('oh');\n"
      "return [before, sys.jobs.getCurrentJob().hasErrors()];")  # fmt: skip
async def test_the_flag_is_seen_at_once(lab: Lab, script: Script) -> None:
    """ "Keep in mind that adding an error log will set the error flag in the job." """
    assert await lab.value(script) == [False, True]


@LEVELS
@both(
    js=JS_CALL
    + "return [refused(() => call(params.id, null)), refused(() => call(params.id, 5)), refused(() => call())];",
    py=CALL + "return [refused(lambda: call(params.id, null)), refused(lambda: call(params.id, 5)), refused(call)]",
)
async def test_invalid_message(lab: Lab, script: Script, call: str, level: LogLevel) -> None:
    """ "message: string, yes (required). … badRequest: If … message are invalid." """
    job_id = await lab.action("pause", delay_ms=3_600_000)
    found = await lab.value(script, call=call, id=str(job_id))
    for answer, value in zip(found, [None, 5, None], strict=True):
        refuses(answer, "badRequest", "message", value, "a text")
    assert await lab.lines(job_id) == []


@LEVELS
@both(
    js=JS_CALL + "return each(params.ids, @id refused(@ call(id, 'hello')));",
    py=CALL + "return each(params.ids, @id refused(@ call(id, 'hello')))",
)
async def test_malformed_id(lab: Lab, script: Script, call: str, level: LogLevel) -> None:
    """ "badRequest: If jobId … are invalid." — null stands for the current job."""
    ids = [value for value in MALFORMED if value is not None]
    for found, value in zip(await lab.value(script, call=call, ids=ids), ids, strict=True):
        refuses(found, "badRequest", "jobId", value, "the id of a job")


@LEVELS
@both(js=JS_CALL + "return refused(@ call(params.id, 'x'));", py=CALL + "return refused(@ call(params.id, 'x'))")
async def test_no_such_job(lab: Lab, script: Script, call: str, level: LogLevel) -> None:
    """ "notFound: If no job is found with the given ID." """
    assert await lab.value(script, call=call, id=NOBODY) == ["notFound", f"there is no job {NOBODY} in this app"]


@LEVELS
@both(
    js=JS_METHOD + "var job = sys.jobs.findById(params.id);\ncall(job, 'hello');\n"
    "return [refused(@ call(job, null)), refused(@ call(job, 5))];",
    py=METHOD + "job = sys.jobs.findById(params.id)\ncall(job, 'hello')\n"
    "return [refused(@ call(job, null)), refused(@ call(job, 5))]",
)
async def test_methods_of_a_job(lab: Lab, script: Script, call: str, level: LogLevel) -> None:
    """Job: "Adds a log to the job with the INFO level. … badRequest: If … message is invalid." """
    job_id = await lab.action("pause", delay_ms=3_600_000)
    for found, value in zip(await lab.value(script, call=call, id=str(job_id)), [None, 5], strict=True):
        refuses(found, "badRequest", "message", value, "a text")
    assert [(line.level, line.message) for line in await lab.lines(job_id)] == [(level, "hello")]
    assert (await lab.get(job_id)).has_errors is (call == "logError")


@LEVELS
@both(
    js=JS_METHOD + "var job = sys.jobs.findById(params.id);\nsys.jobs.waitForJob(params.gate, 'STOPPED', 3600000);\n"
    "return [code(@ call(job, 'x')), code(@ job.logs({}))];",
    py=METHOD + "job = sys.jobs.findById(params.id)\nsys.jobs.waitForJob(params.gate, 'STOPPED', 3600000)\n"
    "return [code(@ call(job, 'x')), code(@ job.logs({}))]",
)
async def test_a_job_that_is_gone(lab: Lab, script: Script, call: str, level: LogLevel) -> None:
    """Job: "notFound: If job is not found in the database." — logInfo, logError and logs()."""
    job_id = await lab.action("pause")
    await lab.reached(job_id)
    gate = await lab.action("pause", delay_ms=3_600_000)
    runner = await lab.start(script, call=call, id=str(job_id), gate=str(gate))
    await lab.parked(runner)
    await lab.pool.execute("delete from headrace.jobs_history where id = $1", job_id)
    await lab.stop(gate)
    assert (await lab.left(runner))["results"]["response"] == ["notFound", "notFound"]


@both(
    js="log('one', 2, {a: 1}); log(); log(''); console.log('three'); console.error('four');",
    py="log('one', 2, {'a': 1})\nlog()\nlog('')\nlog('three')",
)
async def test_log(lab: Lab, script: Script) -> None:
    """The samples' log(…) writes a line of INFO, of whatever it is given; console.error one of ERROR."""
    job_id = await lab.start(script)
    job = await lab.reached(job_id)
    lines = await lab.messages(job_id)
    javascript = script.language == "javascript"
    assert lines[1:4] == ["", "", "three"]
    assert lines[0] in ('one 2 {"a":1}', 'one 2 {"a": 1}')
    assert lines[4:] == (["four"] if javascript else [])
    assert job.has_errors is javascript


@both("sys.jobs.logInfo(repeat('x', 65536));\nreturn refused(@ sys.jobs.logInfo(repeat('x', 65537)));")
async def test_the_longest_message(lab: Lab, script: Script) -> None:
    """A message of 65,536 characters is written whole; a longer one is refused, and says so."""
    found = await lab.value(script)
    assert found[0] == "badRequest"
    assert found[1].startswith("message: 'xxx")
    assert found[1].endswith("expected a text of 0 to 65536 characters")


@both(js="return refused(@ log('a\\u0000b'));", py="return refused(@ log('a' + chr(0) + 'b'))")
async def test_text_that_cannot_be_kept(lab: Lab, script: Script) -> None:
    """The character NUL is refused where the script writes it, and the job goes on."""
    found = await lab.value(script)
    assert found[0] == "badRequest"
    assert "NUL" in found[1]
