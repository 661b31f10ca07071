"""sys.jobs.executeInJob: the parent goes on with the ids; a child runs the callback over its share and ends there."""

import pytest

from scripting.model import Json
from tests.scripting.javascript.scripts import failure, run
from tests.scripting.python.scripts import FakeHost

RECORD: dict[str, Json] = {"id": "R1", "entity": "companies", "label": "A", "version": 1, "data": {}}
SWALLOWING = [
    "%s; log('after'); return 'other'",
    "try { %s } catch (e) { log('caught') } finally { log('finally') } log('after'); return 'other'",
    "try { %s } finally { return 'other' }",
    "try { %s } catch (e) { try { f() } catch (e) { log('x') } function f() {} } for (;;) log('y')",
    "(async () => { try { %s } catch (e) { log('x') } await 1; log('y') })().catch(() => log('z')); await 1; log('w')",
    "function* g() { try { yield 1 } finally { log('x') } } for (var x of g()) { %s }",
    "return new Promise(() => { %s }).then(() => log('x'), () => log('y')).finally(() => log('z'))",
    "[1].map(() => { try { %s } catch { return {} } }); return 5",
    "var o = {toString() { try { %s } catch (e) {} return 'x' }}; log(`${o}`); return 5",
]


def test_parent() -> None:
    """The parent gets the ids of the jobs and goes on."""
    host = FakeHost({"jobs.executeInJob": {"ids": ["J1", "J2"]}})
    assert run("return sys.jobs.executeInJob([1, 2], 'q', i => i, 1)", host=host) == ["J1", "J2"]
    assert host.calls == [("jobs.executeInJob", [[1, 2], "q", 1])]


@pytest.mark.parametrize("source", SWALLOWING)
def test_child(source: str) -> None:
    """The child's value is what the callback made of its items; nothing after the call has an effect."""
    host = FakeHost({"jobs.executeInJob": {"items": [1, 2]}})
    assert run(source % "sys.jobs.executeInJob([1, 2, 3], null, i => i * 10, 2)", host=host) == [10, 20]
    assert len(host.calls) == 1


def test_error_in_the_callback() -> None:
    """An error in the callback ends the child, whatever the script around it catches."""
    host = FakeHost({"jobs.executeInJob": {"items": [0]}})
    source = "try {\n sys.jobs.executeInJob([0], null, i => i.x.y) } catch (e) { log('caught') } return 1"
    threw = failure(source, host=host)
    assert (threw.message, threw.line) == ("TypeError: cannot read property 'y' of undefined", 2)
    assert host.logged() == []


def test_result_that_is_not_json() -> None:
    """What the callback answers is checked like a script's value."""
    host = FakeHost({"jobs.executeInJob": {"items": [0, 1]}})
    assert failure("sys.jobs.executeInJob([0, 1], null, i => i ? NaN : 0)", host=host).message == (
        "result[1]: NaN is not allowed in JSON"
    )


def test_records_keep_their_kind() -> None:
    """Records travel as records and arrive as records."""
    host = FakeHost({"jobs.executeInJob": lambda args: {"items": args[0]}})
    assert run("sys.jobs.executeInJob([record], null, r => r.id())", host=host, record=RECORD) == ["R1"]
    assert host.calls[0][1][0] == [{"$record": RECORD}]


def test_items_of_a_result_set() -> None:
    """A result set is a list of its elements."""
    host = FakeHost({"data.find": {"items": [RECORD], "next": None}, "jobs.executeInJob": {"ids": []}})
    run("sys.jobs.executeInJob(sys.data.find('companies', {}), 'q', r => r)", host=host)
    assert host.calls[1] == ("jobs.executeInJob", [[{"$record": RECORD}], "q", None])


def test_needs_a_callback() -> None:
    """Without a function there is nothing to run."""
    assert failure("sys.jobs.executeInJob([1], null, 5)").code == "badRequest"
