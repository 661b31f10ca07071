"""The same calls of sys make the same calls of the host as in Python: the cases are Python's own."""

import pytest

from scripting.model import Json
from scripting.runtime import HostError
from scripting.stubs import api
from tests.scripting.javascript.scripts import failure, run
from tests.scripting.python.scripts import FakeHost
from tests.scripting.python.test_sys_calls import CASES, PAGES

# JavaScript has no named arguments.
COMMON = [source for source in CASES if "message=" not in source]


@pytest.mark.parametrize("source", COMMON)
def test_call(source: str) -> None:
    """The method and the arguments that the host sees."""
    host = FakeHost(PAGES)
    run(source, host=host)
    assert host.calls == [CASES[source]]


def test_table() -> None:
    """sys has every method of the table, and nothing else but what is written by hand."""
    for path, methods in api.NAMESPACES.items():
        names = run(f"return Object.keys(sys.{path})")
        assert isinstance(names, list)
        assert set(names) - set(methods) <= {"executeInJob", "save", "remove"}
        assert set(methods) <= set(names)


def test_dates_and_records_in_arguments() -> None:
    """Dates and records keep their kind on the way to the host."""
    record: dict[str, Json] = {"id": "R", "entity": "e", "label": "l", "version": 1, "data": {}}
    host = FakeHost()
    run("sys.data.executeGlobalAction('e', 'a', {at: new Date(7), r: record})", host=host, record=record)
    assert host.calls[0][1][2] == {"at": {"$date": 7}, "r": {"$record": record}}


def test_argument_that_is_not_json() -> None:
    """An argument that is not JSON is refused by its place, and the host is not asked."""
    host = FakeHost()
    threw = failure("sys.jobs.find({startFrom: NaN})", host=host)
    assert (threw.code, threw.message) == ("badRequest", "jobs.find args[0].startFrom: NaN is not allowed in JSON")
    assert host.calls == []


def test_refusal_can_be_caught() -> None:
    """A refusal of the host is a ScriptException with code, message and additional information."""
    host = FakeHost({"jobs.wait": HostError("timeout", "too long", {"jobId": "J1"})})
    source = """
    try { sys.jobs.waitForJob('J1', 'FINISHED', 1) } catch (e) {
      return [e.code(), e.message(), e.additionalInfo(), sys.exceptions.getCode(e), e + '', e instanceof Error]
    }"""
    expected = ["timeout", "too long", {"jobId": "J1"}, "timeout", "timeout: too long", True]
    assert run(source, host=host) == expected


def test_wait_answers_jobs() -> None:
    """waitForJob answers the job, waitForJobs a list of them."""
    source = "return [sys.jobs.waitForJob('J1', 'X').id(), sys.jobs.waitForJobs(['J1'], 'X').map(j => j.id())]"
    assert run(source, host=FakeHost(PAGES)) == ["J1", ["J1"]]


def test_sys_cannot_be_changed() -> None:
    """The API is read-only."""
    assert run("sys.jobs.find = 1; sys.jobs = 2; return typeof sys.jobs.find") == "function"
