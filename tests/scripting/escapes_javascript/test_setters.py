"""Attack: setters on Object.prototype catch what the stubs put into objects."""

from tests.scripting.javascript.scripts import run
from tests.scripting.python.scripts import FakeHost


def test_setters_catch_nothing() -> None:
    """Literals and parsed JSON define their own properties; no setter sees the arguments of a call."""
    host = FakeHost({"jobs.find": {"items": [{"id": "J1"}], "next": None}})
    source = """
    var seen = [];
    for (var key of ['id', 'items', 'next', 'place', 'records', 'code', 'value']) {
      Object.defineProperty(Object.prototype, key, {set(v) { seen[seen.length] = key }, configurable: true});
    }
    return [sys.jobs.find({}).next().id(), seen]"""
    assert run(source, host=host) == ["J1", []]
