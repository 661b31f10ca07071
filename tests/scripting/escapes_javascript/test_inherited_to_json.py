"""Attack: give every object a toJSON that says something else."""

from tests.scripting.javascript.scripts import run
from tests.scripting.python.scripts import FakeHost


def test_inherited_to_json() -> None:
    """A script changes its own values only; what wraps them on the way to the host stays whole."""
    host = FakeHost()
    source = """
    Object.prototype.toJSON = Array.prototype.toJSON = String.prototype.toJSON = function () { return 'forged' };
    sys.jobs.logInfo('text'); return 'plain'"""
    assert run(source, host=host) == "plain"
    assert host.calls == [("jobs.log", [None, "INFO", "text"])]
