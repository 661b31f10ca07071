"""Every method of sys makes the call of the host that the contract of the API names, with its arguments in order."""

import pytest

from scripting.model import Json
from scripting.runtime import HostError
from scripting.stubs import api
from tests.scripting.python.scripts import FakeHost, failure, run

JOB = {"id": "J1", "label": "a job"}
RECORD = {"id": "R1", "entity": "companies", "label": "Acme", "version": 3, "data": {"name": "Acme"}}
PAGE: Json = {"items": [], "next": None}
HOUR = 3_600_000
CASES: dict[str, tuple[str, list[Json]]] = {
    "sys.jobs.findById('J1')": ("jobs.findById", ["J1"]),
    "sys.jobs.findById()": ("jobs.findById", [None]),
    "sys.jobs.find({'status': 'FINISHED'})": ("jobs.find", [{"status": "FINISHED"}, None]),
    "sys.jobs.logs('J1', {'level': 'INFO'})": ("jobs.logs", ["J1", {"level": "INFO"}, None]),
    "sys.jobs.logs('J1')": ("jobs.logs", ["J1", {}, None]),
    "sys.jobs.logInfo('text')": ("jobs.log", [None, "INFO", "text"]),
    "sys.jobs.logInfo('J1', 'text')": ("jobs.log", ["J1", "INFO", "text"]),
    "sys.jobs.logInfo(message='text')": ("jobs.log", [None, "INFO", "text"]),
    "sys.jobs.logError('text')": ("jobs.log", [None, "ERROR", "text"]),
    "sys.jobs.logError('J1', 'text')": ("jobs.log", ["J1", "ERROR", "text"]),
    "sys.jobs.waitForJob('J1', 'FINISHED', 60000)": ("jobs.wait", [["J1"], ["FINISHED"], 60000]),
    "sys.jobs.waitForJob('J1', ['FINISHED', 'STOPPED'])": ("jobs.wait", [["J1"], ["FINISHED", "STOPPED"], HOUR]),
    "sys.jobs.waitForJobs(['J1', 'J2'], 'FINISHED')": ("jobs.wait", [["J1", "J2"], ["FINISHED"], HOUR]),
    "sys.jobs.setLowPriority('J1')": ("jobs.setLowPriority", ["J1"]),
    "sys.jobs.removeLowPriority('J1')": ("jobs.removeLowPriority", ["J1"]),
    "sys.jobs.stop('J1')": ("jobs.stop", ["J1", {"force": False}]),
    "sys.jobs.stop('J1', {'force': true})": ("jobs.stop", ["J1", {"force": True}]),
    "sys.jobs.resume('J1')": ("jobs.resume", ["J1"]),
    "sys.jobs.cancel('J1')": ("jobs.cancel", ["J1"]),
    "sys.jobs.getCurrentJobId()": ("jobs.currentId", []),
    "sys.jobs.getCurrentJob()": ("jobs.current", []),
    "sys.jobs.continueAsNew({'n': 1})": ("jobs.continueAsNew", [{"n": 1}]),
    "sys.jobs.setProgress(50, 'half')": ("jobs.progress", [50, "half"]),
    "sys.jobs.setProgress(50)": ("jobs.progress", [50, None]),
    "sys.data.executeAction('companies', {'type': 'a'}, 'greet', {'p': 1})": (
        "data.executeAction",
        ["companies", {"type": "a"}, "greet", {"p": 1}, None],
    ),
    "sys.data.executeGlobalAction('companies', 'sum', null, {'queue': 'q'})": (
        "data.executeGlobalAction",
        ["companies", "sum", None, {"queue": "q"}],
    ),
    "sys.data.find('companies', {'_size': 5})": ("data.find", ["companies", {"_size": 5}, None]),
    "sys.data.findOne('companies', {'name': 'A'})": ("data.findOne", ["companies", {"name": "A"}]),
    "sys.data.findById('companies', 'R1')": ("data.findById", ["companies", "R1"]),
    "sys.data.count('companies', {})": ("data.count", ["companies", {}]),
    "sys.data.createRecord('companies')": ("data.createRecord", ["companies"]),
    "sys.data.delete('companies', {}, {})": ("data.delete", ["companies", {}, {}]),
    "sys.data.importRecords('companies', 'F1')": ("data.importRecords", ["companies", "F1", None]),
    "sys.data.exportRecords('companies', {})": ("data.exportRecords", ["companies", {}, None]),
    "sys.users.importUsers('F1', {'notifyUsers': true})": ("users.importUsers", ["F1", {"notifyUsers": True}]),
    "sys.users.exportUsers()": ("users.exportUsers", [None]),
    "sys.events.triggerEvent('ping', {'n': 1})": ("events.triggerEvent", ["ping", {"n": 1}]),
    "sys.events.triggerEvent('ping')": ("events.triggerEvent", ["ping", None]),
    "sys.schedules.create({'tag': 't'})": ("schedules.create", [{"tag": "t"}]),
    "sys.schedules.update('t', {'jitter': 0})": ("schedules.update", ["t", {"jitter": 0}]),
    "sys.schedules.fetch('t')": ("schedules.fetch", ["t"]),
    "sys.schedules.fetchAll()": ("schedules.fetchAll", []),
    "sys.schedules.pause('t')": ("schedules.pause", ["t"]),
    "sys.schedules.resume('t')": ("schedules.resume", ["t"]),
    "sys.schedules.remove('t')": ("schedules.remove", ["t"]),
    "sys.app.start({'pushChanges': true})": ("app.start", [{"pushChanges": True}]),
    "sys.app.stop()": ("app.stop", [None]),
    "sys.app.deployEndpoint('stats')": ("app.deployEndpoint", ["stats", None]),
    "sys.app.undeployEndpoint('stats', {})": ("app.undeployEndpoint", ["stats", {}]),
    "sys.utils.script.wait(100)": ("script.wait", [100]),
    "log('a', 1)": ("jobs.log", [None, "INFO", "a 1"]),
}
PAGES = {"jobs.find": PAGE, "jobs.logs": PAGE, "data.find": PAGE, "jobs.wait": [JOB]}


@pytest.mark.parametrize("source", CASES)
def test_call(source: str) -> None:
    """The method and the arguments that the host sees."""
    host = FakeHost(PAGES)
    run(source, host=host)
    assert host.calls == [CASES[source]]


def test_every_method_has_a_case() -> None:
    """The cases name every method of the table."""
    table = {f"sys.{path}.{name}" for path, methods in api.NAMESPACES.items() for name in methods}
    assert table - {source.partition("(")[0] for source in CASES} == set()


def test_wrong_number_of_arguments() -> None:
    """Too many arguments, and names that do not exist, are refused before the host is asked."""
    host = FakeHost()
    assert failure("sys.jobs.findById('a', 'b')", host=host).code == "badRequest"
    assert failure("sys.jobs.findById(id='a')", host=host).code == "badRequest"
    assert host.calls == []


def test_arguments_must_be_json() -> None:
    """An argument that is not JSON is refused by its place."""
    threw = failure("sys.jobs.find({'type': {1}})")
    assert (threw.code, threw.message) == (
        "badRequest",
        "jobs.find args[0].type: a value of type set is not JSON; use list()",
    )


def test_refusals_can_be_caught() -> None:
    """A refusal of the host is a ScriptException with code, message and additional information."""
    host = FakeHost({"jobs.wait": HostError("timeout", "too long", {"jobId": "J1"})})
    source = """
try:
    sys.jobs.waitForJob('J1', 'FINISHED', 1)
except ScriptException as e:
    return [e.code(), e.message(), e.additionalInfo(), sys.exceptions.getCode(e), str(e)]
"""
    assert run(source, host=host) == ["timeout", "too long", {"jobId": "J1"}, "timeout", "timeout: too long"]


def test_wait_answers_jobs() -> None:
    """waitForJob answers the job, waitForJobs a list of them."""
    source = "return [sys.jobs.waitForJob('J1', 'X').id(), [j.id() for j in sys.jobs.waitForJobs(['J1'], 'X')]]"
    assert run(source, host=FakeHost(PAGES)) == ["J1", ["J1"]]


def test_sys_cannot_be_changed() -> None:
    """The API is read-only."""
    assert "cannot be written" in failure("sys.jobs = 1").message
    assert "cannot be written" in failure("sys.jobs.find = 1").message
