"""Attack: change the built-ins' prototypes under the stubs."""

from tests.scripting.javascript.scripts import run
from tests.scripting.python.scripts import FakeHost

TAMPER = """
for (var type of [Array, String, Object, Function, RegExp, Date, Promise, Map, Number]) {
  for (var key of Object.getOwnPropertyNames(type.prototype)) {
    if (key === 'constructor' || key === '__proto__') continue;
    try { type.prototype[key] = function () { log = null; return 'forged' } } catch (e) {}
  }
}
Array.prototype[Symbol.iterator] = function () { return {next() { return {done: false, value: 'forged'} }} };
"""


def test_calls_stay_what_they_are() -> None:
    """The host sees what the script passed, and the script what the host answered."""
    host = FakeHost({"jobs.findById": {"id": "J1", "label": "a job", "createDate": {"$date": 5}}})
    source = TAMPER + "var j = sys.jobs.findById('J1'); sys.jobs.logInfo('text'); return {a: [j.id(), j.name()]}"
    assert run(source, host=host) == {"a": ["J1", "a job"]}
    assert host.calls == [("jobs.findById", ["J1"]), ("jobs.log", [None, "INFO", "text"])]
