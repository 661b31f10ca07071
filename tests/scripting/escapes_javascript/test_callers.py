"""Attack: walk from a callback to the stub that called it."""

from tests.scripting.javascript.scripts import run
from tests.scripting.python.scripts import FakeHost


def test_no_caller() -> None:
    """The stubs are strict: neither `caller` nor `arguments` of their functions tells anything."""
    host = FakeHost({"jobs.executeInJob": {"items": [1]}})
    source = """
    function item() { try { return String(item.caller) + String(item.arguments) } catch (e) { return e.name } }
    sys.jobs.executeInJob([1], 'q', item)"""
    (seen,) = run(source, host=host)  # type: ignore[misc]
    assert "host" not in seen


def test_this_of_a_callback() -> None:
    """A callback's `this` is the global object, not a part of the stubs."""
    host = FakeHost({"jobs.executeInJob": {"items": [1]}})
    assert run("sys.jobs.executeInJob([1], 'q', function () { return this === globalThis })", host=host) == [True]
