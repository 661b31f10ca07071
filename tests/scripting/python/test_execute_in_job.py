"""sys.jobs.executeInJob: the parent goes on with the ids; a child runs the callback over its share and ends there."""

from scripting.model import Json
from tests.scripting.python.scripts import FakeHost, failure, run

RECORD: dict[str, Json] = {"id": "R1", "entity": "companies", "label": "A", "version": 1, "data": {}}


def test_parent() -> None:
    """The parent gets the ids of the jobs and goes on."""
    host = FakeHost({"jobs.executeInJob": {"ids": ["J1", "J2"]}})
    assert run("return sys.jobs.executeInJob([1, 2], 'q', lambda i: i, 1)", host=host) == ["J1", "J2"]
    assert host.calls == [("jobs.executeInJob", [[1, 2], "q", 1])]


def test_child() -> None:
    """The child's value is what the callback made of its items; nothing after the call runs."""
    host = FakeHost({"jobs.executeInJob": {"items": [1, 2]}})
    source = """
try:
    sys.jobs.executeInJob([1, 2, 3], null, lambda i: i * 10, 2)
    log('after')
except:
    log('caught')
finally:
    log('finally')
return 'other'
"""
    assert run(source, host=host) == [10, 20]
    assert host.logged() == []


def test_error_in_the_callback() -> None:
    """An error in the callback ends the child, whatever the script around it catches."""
    host = FakeHost({"jobs.executeInJob": {"items": [0]}})
    source = "try:\n    sys.jobs.executeInJob([0], null, lambda i: 1 / i)\nexcept:\n    pass\nreturn 1"
    threw = failure(source, host=host)
    assert (threw.message, threw.line) == ("ZeroDivisionError: division by zero", 2)


def test_records_keep_their_kind() -> None:
    """Records travel as records and arrive as records."""
    host = FakeHost({"jobs.executeInJob": lambda args: {"items": args[0]}})
    assert run("sys.jobs.executeInJob([record], null, lambda r: r.id())", host=host, record=RECORD) == ["R1"]
    assert host.calls[0][1][0] == [{"$record": RECORD}]


def test_needs_a_callback() -> None:
    """Without a function there is nothing to run."""
    assert failure("sys.jobs.executeInJob([1], null, 5)").code == "badRequest"
