"""Attack: the first call of a method, which reads what the method does, where it cannot succeed."""

import pytest

from tests.scripting.javascript.scripts import run
from tests.scripting.python.scripts import FakeHost

# The deepest calls that fit fail somewhere within the method, at each place once.
FAIL = """
var failed = 0;
function deep(first) { try { deep(first) } catch (e) { failed += 1 } try { first() } catch (e) { failed += 1 } }
"""
CALLS = {
    "sys.jobs.findById('J1')": ("jobs.findById", ["J1"]),
    "sys.jobs.logInfo('text')": ("jobs.log", [None, "INFO", "text"]),
    "sys.jobs.stop('J1')": ("jobs.stop", ["J1", {"force": False}]),
}


@pytest.mark.parametrize("source", CALLS)
def test_a_first_call_that_failed_changes_nothing(source: str) -> None:
    """After calls that found no stack the same method does what it is for."""
    host = FakeHost({"jobs.findById": {"id": "J1"}, "jobs.log": None, "jobs.stop": None})
    assert run(f"{FAIL} deep(() => {source}); {source}; return failed > 0", host=host) is True
    assert set(map(str, host.calls)) == {str(CALLS[source])}


def test_a_snapshot_s_methods_stay_its_own() -> None:
    """Methods that were first called on something else, in vain, answer from their job afterwards."""
    host = FakeHost({"jobs.findById": {"id": "J1", "status": "RUNNING"}})
    source = """
    var job = sys.jobs.findById('J1'), refused = 0;
    for (var wrong of [null, {}, new Proxy(job, {}), Object.create(job)]) {
      try { job.status.call(wrong) } catch (e) { refused += 1 }
    }
    return [refused, job.status()]"""
    assert run(source, host=host) == [4, "RUNNING"]
