"""Job.data() and Job.results() (seed 003): the shapes of each type of job."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.data import files
from engine.model import JobType, NewJob, Status
from tests.conformance.conftest import Lab
from tests.conformance.scripts import Script, both

RESULTS = "return sys.jobs.waitForJob(params.id, 'FINISHED', 60000).results();"
SUFFIXES = pytest.mark.parametrize("suffix", ["", "Py"])
RUN = """
id = sys.data.executeAction('companies', params.query, params.action, params.given);
job = sys.jobs.waitForJob(id, 'FINISHED', 60000);
return [job.results(), job.hasErrors(), job.data()];
"""
DATA = {
    "START_APP": {"pushChanges": True, "wakingUp": False},
    "STOP_APP": {},
    "IMPORT_RECORDS": {"fileName": "a.csv", "entityName": "companies"},
    "EXPORT_RECORDS": {"entityName": "companies"},
    "DELETE_RECORDS": {"entityName": "companies"},
    "EXECUTE_ACTION": {"entityName": "companies", "actionName": "echo"},
    "EXECUTE_LISTENER": {"listenerName": "nightly"},
    "IMPORT_USERS": {"fileName": "users.csv", "notifyUsers": True},
    "EXPORT_USERS": {},
    "DEPLOY_ENDPOINT": {"endpointName": "stats"},
    "UNDEPLOY_ENDPOINT": {"endpointName": "stats"},
}


@both("return each(sys.jobs.find({'status': 'PENDING'}).toArray(), @job [job.type(), job.data()]);")
async def test_data(lab: Lab, script: Script) -> None:
    """ "Returns an object that contains the parameters of a job. This depends on the type of job" — no more."""
    for kind, data in DATA.items():
        spec = {**data, "query": {}, "secret": 1}
        await lab.create(NewJob(lab.app, JobType(kind), kind, kind, spec, delay_ms=3_600_000))
    assert dict(await lab.value(script)) == DATA


@SUFFIXES
@both(RUN)
async def test_one_record(lab: Lab, script: Script, suffix: str) -> None:
    """ "If the action is of type One record, the result will be a map like this one: … ok … error … errorMessage" """
    good, bad = await lab.save({"name": "A", "type": "a"}, {"name": "B", "type": "b"})
    results, errors, data = await lab.value(script, query={}, action="failForB" + suffix, given={})
    assert results == {
        "results": {good: {"status": "ok", "response": 1}, bad: {"status": "error", "errorMessage": "no b"}}
    }
    assert errors is True
    assert data == {"entityName": "companies", "actionName": "failForB" + suffix}


@SUFFIXES
@both(RUN)
async def test_without_a_response(lab: Lab, script: Script, suffix: str) -> None:
    """ "response will be available only if the action is configured to return the response in the results" """
    (only,) = await lab.save({"name": "A"})
    assert (await lab.value(script, query={}, action="quiet" + suffix, given={}))[0] == {
        "results": {only: {"status": "ok"}}
    }
    results, errors, _ = await lab.value(script, query={}, action="quietMany" + suffix, given={})
    assert (results, errors) == ({"results": {"status": "ok"}}, False)


@SUFFIXES
@both(RUN)
async def test_many_records(lab: Lab, script: Script, suffix: str) -> None:
    """ "If the action is of type Many records, you will only get a map with fields status and response" """
    query, given = {"type": "a,b", "_size": 3}, {"x": [1, None, {"y": "ä"}]}
    results, errors, _ = await lab.value(script, query=query, action="echoMany" + suffix, given=given)
    response = {"query": query, "params": given, "action": "echoMany" + suffix, "record": "undefined"}
    assert (results, errors) == ({"results": {"status": "ok", "response": response}}, False)


@SUFFIXES
@both(RUN)
async def test_variables_of_one_record(lab: Lab, script: Script, suffix: str) -> None:
    """One record: `record`, `params`, `action`; once a matching record, each result under its id."""
    first, second, _ = await lab.save({"name": "A", "type": "a"}, {"name": "B", "type": "a"}, {"name": "C"})
    results, _, _ = await lab.value(script, query={"type": "a"}, action="echo" + suffix, given={"n": 1})
    expected = {"params": {"n": 1}, "action": "echo" + suffix, "query": "undefined"}
    assert results["results"] == {
        first: {"status": "ok", "response": expected | {"record": "A"}},
        second: {"status": "ok", "response": expected | {"record": "B"}},
    }


@SUFFIXES
@both("""
id = sys.data.executeGlobalAction(null, params.action, {'n': 1});
job = sys.jobs.waitForJob(id, 'FINISHED', 60000);
return [job.results(), job.data()];
""")
async def test_variables_of_a_global_action(lab: Lab, script: Script, suffix: str) -> None:
    """Global: `params`, `action`; once. It belongs to no entity."""
    action = "echoGlobal" + suffix
    response = {"params": {"n": 1}, "action": action, "record": "undefined", "query": "undefined"}
    assert await lab.value(script, action=action) == [
        {"results": {"status": "ok", "response": response}}, {"actionName": action},
    ]  # fmt: skip


@SUFFIXES
@both(RESULTS)
async def test_of_a_job_that_threw(lab: Lab, script: Script, suffix: str) -> None:
    """There is no FAILED: the job is FINISHED with errors; its results have the error's code, message and line."""
    params = {"code": "validationErrors", "message": "no good", "info": {"a": 1}}
    job_id = await lab.action("fail" + suffix, params)
    error = (await lab.value(script, id=str(job_id)))["error"]
    assert (error["code"], error["message"], error["line"]) == ("validationErrors", "no good", 1)
    assert error["additionalInfo"] == {"a": 1}
    job = await lab.get(job_id)
    assert (job.status, job.has_errors) == (Status.FINISHED, True)
    ending = "py" if suffix else "js"
    assert await lab.messages(job_id) == [f"validationErrors: no good (actions/fail.{ending}:1)"]


@both("return sys.jobs.findById(params.id).results();")
async def test_of_a_job_that_has_none(lab: Lab, script: Script) -> None:
    """null until the job has ended, and where it left nothing."""
    job_id = await lab.action("pause", delay_ms=3_600_000)
    assert await lab.value(script, id=str(job_id)) is None


@both(RUN)
async def test_at_most_a_thousand(lab: Lab, script: Script) -> None:
    """ "the maximum number of responses in this map will be 1,000." — of an action, every record runs all the same."""
    await lab.many(1003)
    results, errors, _ = await lab.value(script, query={}, action="label", given={})
    assert len(results["results"]) == 1000
    assert errors is False
    assert {result["response"] for result in results["results"].values()} == {f"C{n}" for n in range(1000)}


@both("""
id = sys.data.delete('companies', {'type': 'a'});
job = sys.jobs.waitForJob(id, 'FINISHED', 60000);
return [job.type(), job.results(), sys.data.count('companies', {})];
""", py="""
id = sys.data.delete('companies', {'type': 'a'})
job = sys.jobs.waitForJob(id, 'FINISHED', 60000)
return [job.type(), job.results(), sys.data.count('companies', {})]
""")  # fmt: skip
async def test_delete_records(lab: Lab, script: Script) -> None:
    """Delete records: "The result will be a map like this one: { "results": { "id1": { "status": "ok" } … } }" """
    first, second, _ = await lab.save({"name": "A", "type": "a"}, {"name": "B", "type": "a"}, {"name": "C"})
    results = {"results": {first: {"status": "ok"}, second: {"status": "ok"}}}
    assert await lab.value(script) == ["DELETE_RECORDS", results, 1]


@both("""
id = sys.data.delete('companies', null);
return [sys.jobs.waitForJob(id, 'FINISHED', 60000).results(), sys.data.count('companies')];
""")
async def test_delete_more_than_a_thousand(lab: Lab, script: Script) -> None:
    """Delete records: "If you execute the delete process over more than 1,000 records you might not …" """
    await lab.many(1001)
    results, after = await lab.value(script)
    assert len(results["results"]) == 1000
    assert after == 0


@both("""
id = sys.data.importRecords('companies', params.file);
job = sys.jobs.waitForJob(id, 'FINISHED', 60000);
errors = each(job.logs({'level': 'ERROR'}).toArray(), @line line.message());
return [job.type(), job.data(), job.results(), job.hasErrors(), errors, labels(sys.data.find('companies', {}))];
""")
async def test_import_records(lab: Lab, script: Script) -> None:
    """Import records: "rowsImported … imported successfully. rowsWithErrors … couldn't be imported due to errors." """
    text = "name,type,size\nA,a,5\n,b,1\nC,z,2\nD,,\n"
    file_id = await lab.upload("new.csv", text)
    kind, data, results, errors, lines, names = await lab.value(script, file=file_id)
    assert (kind, data) == ("IMPORT_RECORDS", {"fileName": "new.csv", "entityName": "companies"})
    assert (results, errors, names) == ({"rowsImported": 2, "rowsWithErrors": 2}, True, ["A", "D"])
    assert lines == ["line 3: name: is required", "line 4: type: 'z': expected one of a, b, c, d"]
    # By the name of the file as well: the latest of that name.
    again = await lab.upload("new.csv", "name\nE\n")
    assert again != file_id
    assert (await lab.value(script, file="new.csv"))[2] == {"rowsImported": 1, "rowsWithErrors": 0}


@both("""
id = sys.data.exportRecords('companies', {'type': 'a', '_sortField': 'name', '_sortType': 'desc'});
job = sys.jobs.waitForJob(id, 'FINISHED', 60000);
return [job.type(), job.data(), job.results()];
""")
async def test_export_records(lab: Lab, script: Script) -> None:
    """Export records: "fileLink: URL to download the CSV file … fileId … recordsExported" """
    first, second, _ = await lab.save(
        {"name": 'A "quoted", and a comma', "type": "a"}, {"name": "B", "type": "a", "notes": {"x": 1}}, {"name": "C"}
    )
    kind, data, results = await lab.value(script)
    assert (kind, data) == ("EXPORT_RECORDS", {"entityName": "companies"})
    assert results["recordsExported"] == 2
    assert results["fileLink"].endswith(results["fileId"])
    async with lab.pool.acquire() as conn:
        file = await files.get(conn, lab.app, results["fileId"])
    assert file.expires_at is not None
    assert timedelta(days=29) < file.expires_at - file.created_at < timedelta(days=31)
    head, *lines = (await lab.download(results["fileId"])).splitlines()
    assert head == "id,name,type,code,size,score,active,founded,seenAt,notes,owner"
    assert [line.split(",")[0] for line in lines] == [second, first]
    assert '"A ""quoted"", and a comma"' in lines[1]
    assert '"{""x"": 1}"' in lines[0]


@both("""
id = sys.data.importRecords('companies', params.file);
job = sys.jobs.waitForJob(id, 'FINISHED', 60000);
errors = each(job.logs({'level': 'ERROR'}).toArray(), @line line.message());
return [job.data(), job.results(), job.progress(), errors, labels(sys.data.find('companies', {}))];
""")
async def test_import_json_lines(lab: Lab, script: Script) -> None:
    """JSON Lines: an object a line; a bad one is counted and logged with its line, and the rest is imported."""
    lines = [
        '{"name": "A", "size": 5, "notes": {"x": [1]}, "id": 7}',
        '{"name": "B", "size": "5"}',
        "",
        '{"name": "C", "active": true',
        '{"name": "D", "colour": null}',
        '{"name": "E", "code": "1", "seenAt": 1600000000000}',
        '{"name": "F", "code": "1"}',
        '{"name": null}',
        '{"name": "G"}',
    ]
    file_id = await lab.upload("new.jsonl", "\n".join(lines))
    data, results, progress, errors, names = await lab.value(script, file=file_id)
    assert data == {"fileName": "new.jsonl", "entityName": "companies"}
    assert (results, progress, names) == ({"rowsImported": 3, "rowsWithErrors": 5}, 100, ["A", "E", "G"])
    assert [error.partition(":")[0] for error in errors] == [f"line {n}" for n in (2, 4, 5, 7, 8)]
    assert errors[0] == 'line 2: size: "5": expected a whole number'
    assert errors[1].startswith("line 4: the line is not JSON: Expecting ',' delimiter")
    assert errors[2].startswith('line 5: "colour": is not a field of companies; the fields: name, type')
    assert errors[4] == "line 8: name: is required"


@both("""
id = sys.users.importUsers(params.file);
return sys.jobs.waitForJob(id, 'FINISHED', 60000).results();
""")
async def test_users_are_no_json_lines(lab: Lab, script: Script) -> None:
    """Users come as CSV; a file of JSON Lines is refused as a whole."""
    file_id = await lab.upload("users.jsonl", '{"id": "ann"}\n')
    error = (await lab.value(script, file=file_id))["error"]
    assert error["code"] == "badRequest"
    assert error["message"] == "file: 'users.jsonl' is not allowed; expected a file of CSV, not of JSON Lines"
