"""Attack: replace JSON, Reflect, Object and Math under the stubs."""

from tests.scripting.javascript.scripts import run
from tests.scripting.python.scripts import FakeHost


def test_replaced_namespaces() -> None:
    """The stubs keep the functions that they use."""
    host = FakeHost()
    source = """
    JSON.stringify = JSON.parse = Reflect.apply = Object.keys = Array.isArray = Math.max = () => 'forged';
    JSON = Reflect = Object = Array = Math = String = Error = Date = Promise = InternalError = undefined;
    sys.jobs.logInfo('text'); return {a: [1, 'b']}"""
    assert run(source, host=host) == {"a": [1, "b"]}
    assert host.calls == [("jobs.log", [None, "INFO", "text"])]
