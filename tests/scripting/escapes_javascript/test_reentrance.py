"""Attack: call the host from within the encoding of a call's arguments."""

from tests.scripting.javascript.scripts import run
from tests.scripting.python.scripts import FakeHost


def test_calls_within_calls() -> None:
    """Getters and toJSON may call; each call goes out whole, the inner one first."""
    host = FakeHost()
    source = """
    sys.jobs.find = null;
    sys.data.executeGlobalAction('e', 'a', {
      get x() { log('inner'); return 1 }, y: {toJSON() { sys.jobs.cancel('J'); return [2] }}, z: [3]
    })"""
    run(source, host=host)
    assert host.calls == [
        ("jobs.log", [None, "INFO", "inner"]),
        ("jobs.cancel", ["J"]),
        ("data.executeGlobalAction", ["e", "a", {"x": 1, "y": [2], "z": [3]}, None]),
    ]
