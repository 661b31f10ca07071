"""sys.data.executeAction and executeGlobalAction: the job, and every option."""

from __future__ import annotations

import pytest

from engine.model import JobType, NewJob, Status
from tests.conformance.conftest import Lab
from tests.conformance.scripts import Script, both, refuses

GO = "return sys.data.executeGlobalAction(null, params.action || 'pause', params.given || {}, params.options);"
GO_PY = "return sys.data.executeGlobalAction(null, params.action, params.given, params.options)"
START = both(js=GO, py=GO_PY)
NOW = {"executeInBackground": False}


@both("return sys.data.executeAction('companies', {'type': 'a'}, 'label');")
async def test_returns_the_id(lab: Lab, script: Script) -> None:
    """executeAction returns the id of the job, a child of the caller's, with the action's label."""
    await lab.save({"name": "A", "type": "a"}, {"name": "B", "type": "b"})
    runner = await lab.start(script)
    job_id = (await lab.left(runner))["results"]["response"]
    job = await lab.reached(job_id)
    assert (job.type, job.label, job.parent_id) == (JobType.EXECUTE_ACTION, "label on companies", runner)
    assert len((await lab.left(job_id))["results"]) == 1


@START
async def test_low_priority(lab: Lab, script: Script) -> None:
    """`lowPriority` sets the flag."""
    for flag in (True, False, "true"):
        job_id = await lab.value(script, action="pause", given={}, options={"lowPriority": flag})
        assert (await lab.get(job_id)).low_priority is (flag is not False)


@START
async def test_queue(lab: Lab, script: Script) -> None:
    """`queue` names the job's queue; default is the default."""
    for options, queue in (({"queue": "slow.ones"}, "slow.ones"), ({}, "default"), (None, "default")):
        job_id = await lab.value(script, action="pause", given={}, options=options)
        assert (await lab.get(job_id)).queue == queue


@START
async def test_delay(lab: Lab, script: Script) -> None:
    """`delay`, in ms: the job is PENDING until then."""
    job_id = await lab.value(script, action="pause", given={}, options={"delay": 3_600_000})
    job = await lab.get(job_id)
    assert job.status is Status.PENDING
    assert job.ready_at is not None
    assert (job.ready_at - job.created_at).total_seconds() >= 3600
    soon = await lab.value(script, action="pause", given={}, options={"delay": 60})
    done = await lab.reached(soon)
    assert done.started_at is not None
    assert (done.started_at - done.created_at).total_seconds() >= 0.06


@START
async def test_unique_key(lab: Lab, script: Script) -> None:
    """`uniqueKey`: while a live job holds it, asking again returns that job; afterwards there is a new one."""
    options = {"uniqueKey": "nightly", "delay": 3_600_000}
    first = await lab.value(script, action="pause", given={}, options=options)
    assert await lab.value(script, action="pause", given={}, options=options) == first
    await lab.cancel(first)
    assert await lab.value(script, action="pause", given={}, options=options) != first


@START
async def test_max_attempts(lab: Lab, script: Script) -> None:
    """`maxAttempts`: a script that throws is tried again so often."""
    given = {"code": "unknownError", "message": "again"}
    job_id = await lab.value(script, action="fail", given=given, options={"maxAttempts": 3})
    job = await lab.reached(job_id)
    assert (job.failures, job.attempt, job.has_errors) == (3, 3, True)
    once = await lab.reached(await lab.value(script, action="fail", given=given, options={}))
    assert (once.failures, once.attempt) == (1, 1)


@START
async def test_timeout(lab: Lab, script: Script) -> None:
    """`timeout`, in ms: the script is killed then, and its job FINISHED with the error timeout."""
    job_id = await lab.value(script, action="spin", given={}, options={"timeout": 300})
    left = await lab.left(job_id)
    assert left["error"]["code"] == "timeout"
    assert (await lab.get(job_id)).status is Status.FINISHED


@START
async def test_in_the_foreground(lab: Lab, script: Script) -> None:
    """`executeInBackground` false: runs now, and returns the response instead of the id."""
    found = await lab.value(script, action="echoGlobal", given={"n": 1}, options=NOW)
    assert found == {"params": {"n": 1}, "action": "echoGlobal", "record": "undefined", "query": "undefined"}
    assert await lab.value(script, action="pausePy", given={}, options=NOW | {"lowPriority": True}) == "rested"


@both("""
one = sys.data.executeAction('companies', {'id': params.id}, 'label', {}, {'executeInBackground': false});
all = sys.data.executeAction('companies', {}, 'label', {}, {'executeInBackground': 'false'});
many = sys.data.executeAction('companies', {'type': 'a'}, 'echoMany', {}, {'executeInBackground': false});
return [one, all, many['query']];
""")
async def test_in_the_foreground_on_records(lab: Lab, script: Script) -> None:
    """Of one record by its id the response; of several the map of their results; of Many records the response."""
    first, second = await lab.save({"name": "A"}, {"name": "B"})
    results = {first: {"status": "ok", "response": "A"}, second: {"status": "ok", "response": "B"}}
    assert await lab.value(script, id=first) == ["A", results, {"type": "a"}]


FAILING = ("forbidden", "noStock", "no stock, sorry")
ERRORS = """
return each(params.codes, @code [
  caught(@ sys.data.executeGlobalAction(null, params.fail, {'code': code, 'message': 'no', 'info': {'n': 1}}, options)),
  caught(@ sys.data.executeAction('companies', {'id': params.id}, params.failForB, {'code': code}, options))]);
"""


@pytest.mark.parametrize("ending", ["", "Py"], ids=["of js", "of py"])
@both(js="""
options = {'executeInBackground': false};
E = sys.exceptions;
function caught(step) { try { step(); } catch (e) { return [E.getCode(e), E.getMessage(e), E.getAdditionalInfo(e)]; } }
""" + ERRORS, py="""
options = {'executeInBackground': False}
E = sys.exceptions
def caught(step):
    try:
        step()
    except Exception as e:
        return [E.getCode(e), E.getMessage(e), E.getAdditionalInfo(e)]
""" + ERRORS)  # fmt: skip
async def test_errors_in_the_foreground(lab: Lab, script: Script, ending: str) -> None:
    """The error of the action is the caller's to catch: its code, also one of its own, its message and its info."""
    (b,) = await lab.save({"name": "B", "type": "b"})
    found = await lab.value(script, id=b, codes=FAILING, fail="fail" + ending, failForB="failForB" + ending)
    assert found == [[[code, "no", {"n": 1}], [code, "no b", {"of": "b"}]] for code in FAILING]


@both(
    "sys.data.executeGlobalAction(null, 'fail', {'code': 'noStock', 'message': 'no'}, {'executeInBackground': false});"
)
async def test_an_error_of_the_foreground_that_nobody_catches(lab: Lab, script: Script) -> None:
    """It ends the caller as well, with the same code; whoever waits for that one sees it too."""
    error = await lab.error(script)
    assert (error["code"], error["message"]) == ("noStock", "no")


async def test_the_log_has_the_code_for_a_record(lab: Lab) -> None:
    """Results have no code; the line of the log has it, with what the script added."""
    (b,) = await lab.save({"name": "B", "type": "b"})
    spec = {"entityName": "companies", "actionName": "failForB", "kind": "one", "query": {}, "params": {"code": "x"}}
    job_id = await lab.create(NewJob(lab.app, JobType.EXECUTE_ACTION, "companies.failForB", "Fail", spec))
    await lab.left(job_id)
    (line,) = await lab.lines(job_id)
    assert line.additional_info == {"recordId": b, "code": "x", "additionalInfo": {"of": "b"}}


@both("""
return [
  refused(@ sys.data.executeAction('nope', {}, 'label')), refused(@ sys.data.executeAction('companies', {}, 'nope')),
  refused(@ sys.data.executeAction('companies', {'color': 1}, 'label')),
  refused(@ sys.data.executeAction('companies', {}, 'label', 5)),
  refused(@ sys.data.executeAction('companies', 'all', 'label')),
  refused(@ sys.data.executeAction()), refused(@ sys.data.executeAction('companies', {}, null)),
  refused(@ sys.data.executeGlobalAction(null, 'nope')), refused(@ sys.data.executeGlobalAction('companies', 'label')),
  refused(@ sys.data.executeGlobalAction(5, 'label'))];
""")
async def test_invalid_arguments(lab: Lab, script: Script) -> None:
    """badRequest names what is wrong and what there is; no job is created."""
    wrong = [
        ("entity", "nope", "companies"), ("action", "nope", "logSomething"), ("query", "color", "name, type"),
        ("params", 5, "an object"), ("query", "all", "an object"), ("entity", None, "companies"),
        ("action", None, "a text"), ("action", "nope", "pause"), ("action", "label", "a global action"),
        ("entity", 5, "companies"),
    ]  # fmt: skip
    for found, (field, value, allowed) in zip(await lab.value(script), wrong, strict=True):
        refuses(found, "badRequest", field, value, allowed)
    rows = await lab.pool.fetch("select id from headrace.jobs where app = $1 and type <> 'EXECUTE_SCRIPT'", lab.app)
    assert rows == []


WRONG = [
    ({"color": 1}, "options.color", 1, "uniqueKey"),
    ({"lowPriority": "yes"}, "options.lowPriority", "yes", "true or false"),
    ({"queue": ""}, "queue", "", "a name"),
    ({"queue": 5}, "queue", 5, "a name"),
    ({"executeInBackground": 1}, "options.executeInBackground", 1, "true or false"),
    ({"maxAttempts": 0}, "options.maxAttempts", 0, "a whole number from 1 to 1000"),
    ({"maxAttempts": "3"}, "options.maxAttempts", "3", "a whole number from 1 to 1000"),
    ({"timeout": 0}, "options.timeout", 0, "a whole number from 1 to 86400000"),
    ({"timeout": 1.5}, "options.timeout", 1.5, "a whole number"),
    ({"delay": -1}, "options.delay", -1, "a whole number from 0"),
    ({"delay": 100 * 366 * 24 * 3600 * 1000}, "delay", 100 * 366 * 24 * 3600 * 1000, "a whole number from 0"),
    ({"uniqueKey": ""}, "options.uniqueKey", "", "a text of 1 to 500 characters"),
    ({"uniqueKey": 7}, "options.uniqueKey", 7, "a text of 1 to 500 characters"),
    ({"concurrencyKey": ""}, "options.concurrencyKey", "", "a text of 1 to 500 characters"),
    ({"concurrencyKey": "k", "concurrencyLimit": 0}, "options.concurrencyLimit", 0, "a whole number from 1 to 10000"),
    ({"concurrencyLimit": 2}, "options.concurrencyLimit", 2, "beside options.concurrencyKey"),
    ({"executeInBackground": False, "delay": 5}, "options.delay", 5, "no delay where executeInBackground is false"),
    ("now", "options", "now", "an object"),
]


@both("return each(params.wrong, @options refused(@ sys.data.executeGlobalAction(null, 'pause', {}, options)));")
async def test_invalid_options(lab: Lab, script: Script) -> None:
    """badRequest for each option that is not what it has to be."""
    found = await lab.value(script, wrong=[options for options, *_ in WRONG])
    for answer, (_, field, value, allowed) in zip(found, WRONG, strict=True):
        refuses(answer, "badRequest", field, value, allowed)


@pytest.mark.parametrize("call", ["delete", "importRecords", "exportRecords"])
@both("""
calls = {'delete': @options sys.data.delete('companies', {}, options),
         'importRecords': @options sys.data.importRecords('companies', params.file, options),
         'exportRecords': @options sys.data.exportRecords('companies', {}, options)};
return [calls[params.call](params.options), refused(@ calls[params.call]({'executeInBackground': false}))];
""", py="""
calls = {'delete': @options sys.data.delete('companies', {}, options),
         'importRecords': @options sys.data.importRecords('companies', params.file, options),
         'exportRecords': @options sys.data.exportRecords('companies', {}, options)}
return [calls[params.call](params.options), refused(@ calls[params.call]({'executeInBackground': false}))]
""")  # fmt: skip
async def test_options_of_the_other_jobs(lab: Lab, script: Script, call: str) -> None:
    """delete, importRecords and exportRecords take the options of a job, but always run in the background."""
    file_id = await lab.upload("x.csv", "name\nA\n")
    options = {"lowPriority": True, "queue": "q", "maxAttempts": 2, "timeout": 9, "delay": 3_600_000, "uniqueKey": "k"}
    job_id, found = await lab.value(script, call=call, file=file_id, options=options)
    job = await lab.get(job_id)
    assert (job.low_priority, job.queue, job.max_attempts, job.timeout_ms, job.unique_key) == (True, "q", 2, 9, "k")
    refuses(found, "badRequest", "options.executeInBackground", False, "uniqueKey")
